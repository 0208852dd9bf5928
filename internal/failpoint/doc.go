// Package failpoint lets a test decide what happens at named places of the program: that the process is killed there,
// stops, fails or stalls.
//
// [Hit] stands at each [Point]. In an ordinary build it does nothing and is inlined away. Built with the tag `failpoint`
// it follows the environment variable IGGY_FLOW_FAILPOINT, such as `checkpoint.renamed=kill@3`: the third time that
// the process comes there. Several entries are separated by commas. What the variable cannot mean ends the process.
package failpoint

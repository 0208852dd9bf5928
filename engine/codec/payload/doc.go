// Package payload is what the formats of one column share: records whose bytes are not looked into.
//
// A [Gatherer] makes the column of frames, a [Writer] takes it apart again. Frames that stood alone, whatever they hold, are
// folded with their lengths before them; [Folded] reads them.
package payload

// Package lazyfs is a file system that forgets what was not synced, as a machine does that loses its power.
//
// A kill cannot show a missing sync, since the kernel's page cache outlives the process. This one keeps two states of
// each file and folder: the one that processes see, and the one that the disk would hold. Only a sync of a file brings its
// content to the disk, and only a sync of a folder the names in it, as POSIX says and no stricter file system need be.
// [Machine.Cut] then makes the disk's state the visible one, with a part of what was pending, as the disk may have written
// some of it on its own: any of the changed names, any pages of the changed files.
//
// A process of its own shows it by FUSE, without fusermount: [Start] needs /dev/fuse and the right to mount.
package lazyfs

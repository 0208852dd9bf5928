// Package switching is the processor `switch`, which sends each record through the processors of the first case that it
// meets and brings all of them together again. Its name is not the folder's because switch is a word of Go.
//
// The rows of a branch carry their row number in a further column of their meta that no expression can name. Behind the
// branches it says where each row belongs, however many a branch made of it.
package switching

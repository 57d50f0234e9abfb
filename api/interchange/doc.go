// Package interchange carries events in and out in forms that other programs
// read: for now JSON Lines, one create body a line.
//
// A line is an api.CreateEvent with "id" for its UUID and "dataset" for its
// dataset's name. Reading streams: memory stays the same however long the
// file is, wrong lines are reported by number and the rest goes in.
package interchange

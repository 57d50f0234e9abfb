// Package interchange carries events in and out in forms that other programs
// read: JSON Lines, tables, STIX 2.1, and inwards also MISP events and the
// indicators of any text, outwards a report in Markdown.
//
// A line of JSON Lines is an api.CreateEvent with "id" for its UUID and
// "dataset" for its dataset's name. Reading streams: memory stays the same
// however long the file is (what STIX objects say of each other waits on disk,
// and only what MISP events say of themselves is kept), what is wrong is
// reported by line or id and the rest goes in.
package interchange

// Package demo tells a believable, made-up story in threat events: actors,
// campaigns, operations and incidents over the last eighteen months.
//
// It is deterministic: the same seed, number and moment give the same bytes.
// Every address, domain and hash is of a range reserved for examples or
// derived from the seed, so nothing in it points at a real host or person.
package demo

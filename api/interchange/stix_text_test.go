package interchange

const stixText = `{"type":"bundle","id":"bundle--1","objects":[]}`

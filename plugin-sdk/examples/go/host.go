package main

import (
	"encoding/binary"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
)

// holdHeaders asks the host to hold the headers of a message while its body is looked at (ABI.md, Host features).
func holdHeaders() error {
	_, err := proxywasm.CallForeignFunction("sluice.host.enable", number([]byte{1}, 1))
	return err
}

// compile makes a set of RE2 expressions (ABI.md, Patterns).
func compile(expressions []string) (uint32, error) {
	arguments := number([]byte{1}, uint32(len(expressions)))
	for _, expression := range expressions {
		arguments = append(arguments, 1, 0)
		arguments = append(number(arguments, uint32(len(expression))), expression...)
	}
	answer, err := proxywasm.CallForeignFunction("sluice.patterns.compile", arguments)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(answer[1:]), nil
}

// matches says whether a set matches a text anywhere.
func matches(set uint32, text []byte) (bool, error) {
	arguments := make([]byte, 1, len(text)+13)
	arguments[0] = 1
	arguments = number(number(number(arguments, set), 1), uint32(len(text)))
	answer, err := proxywasm.CallForeignFunction("sluice.patterns.scan", append(arguments, text...))
	if err != nil {
		return false, err
	}
	return binary.LittleEndian.Uint32(answer[1:]) > 0, nil
}

func number(to []byte, value uint32) []byte { return binary.LittleEndian.AppendUint32(to, value) }

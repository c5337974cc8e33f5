package sluice

import "unsafe"

// foreignFunctionArguments is the buffer that has the answer.
const foreignFunctionArguments = 8

//go:wasmimport env proxy_get_buffer_bytes
func getBufferBytes(buffer uint32, start, size int32, bytes unsafe.Pointer, bytesSize *int32) uint32

// The proxy-wasm Go SDK has no callback for this one.
//
//go:wasmexport proxy_on_foreign_function
func onForeignFunction(_ uint32, id uint32, size int32) {
	var bytes *byte
	var length int32
	if getBufferBytes(foreignFunctionArguments, 0, size, unsafe.Pointer(&bytes), &length) != 0 {
		return
	}
	answered(id, unsafe.Slice(bytes, length))
}

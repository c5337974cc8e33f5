package ai

import "unsafe"

// foreignFunctionArguments is the buffer that has the message.
const foreignFunctionArguments = 8

//go:wasmimport env proxy_get_buffer_bytes
func getBufferBytes(buffer uint32, start, size int32, bytes unsafe.Pointer, bytesSize *int32) uint32

func message(size int32) []byte {
	var bytes *byte
	var length int32
	if getBufferBytes(foreignFunctionArguments, 0, size, unsafe.Pointer(&bytes), &length) != 0 {
		return nil
	}
	return unsafe.Slice(bytes, length)
}

//go:wasmexport sluice_on_ai_request
func onAiRequest(contextID uint32, size int32) uint32 {
	return uint32(onRequest(contextID, message(size)))
}

//go:wasmexport sluice_on_ai_event
func onAiEvent(contextID uint32, size int32) uint32 { return uint32(onEvent(contextID, message(size))) }

//go:wasmexport sluice_on_ai_end
func onAiEnd(contextID uint32, size int32) { onEnd(contextID, message(size)) }

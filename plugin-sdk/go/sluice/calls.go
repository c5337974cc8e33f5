package sluice

import (
	"fmt"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// waiting has the calls that are not answered yet. A VM runs one callback at a time, so nothing guards it.
var waiting = map[uint32]func(answer []byte){}

// maxWaiting is the most that the host lets a VM have; what is above are calls whose streams were gone.
const maxWaiting = 4096

// Call makes a synchronous call.
func Call(function string, arguments *Encoder) (*Decoder, error) {
	answer, err := proxywasm.CallForeignFunction(function, arguments.Bytes())
	if err != nil {
		return nil, err
	}
	return NewDecoder(answer), nil
}

// Send makes an asynchronous call. The function takes the result, or an error.
func Send(function string, arguments *Encoder, then func(*Decoder, error)) error {
	answer, err := Call(function, arguments)
	if err != nil {
		return err
	}
	id := answer.U32()
	if answer.Err() != nil {
		return answer.Err()
	}
	if len(waiting) >= 2*maxWaiting {
		forget(id)
	}
	waiting[id] = func(answer []byte) { then(result(answer)) }
	return nil
}

// forget drops calls that were made before the last ones that can still be answered.
func forget(newest uint32) {
	for id := range waiting {
		if newest-id > maxWaiting*4 {
			delete(waiting, id)
		}
	}
}

func result(answer []byte) (*Decoder, error) {
	d := NewDecoder(answer)
	status := d.U32()
	if err := d.Err(); err != nil {
		return nil, err
	}
	switch status {
	case 0:
		return d, nil
	case 1:
		return nil, types.ErrorStatusNotFound
	case 2:
		return nil, types.ErrorStatusBadArgument
	case 8:
		return nil, types.ErrorStatusCasMismatch
	case 10:
		return nil, types.ErrorInternalFailure
	default:
		return nil, fmt.Errorf("sluice: status %d", status)
	}
}

// send makes an asynchronous call whose result is read by a function.
func send[T any](function string, arguments *Encoder, read func(*Decoder) T, then func(T, error)) error {
	return Send(function, arguments, func(d *Decoder, err error) {
		var value T
		if err == nil {
			value = read(d)
			err = d.Err()
		}
		then(value, err)
	})
}

// answered is called with the answer to a call.
func answered(id uint32, answer []byte) {
	if then, ok := waiting[id]; ok {
		delete(waiting, id)
		then(answer)
	}
}

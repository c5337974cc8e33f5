package sluice

import (
	"encoding/binary"
	"errors"
	"math"
)

const version = 1

// ErrBroken says that an answer was shorter than what was read of it, or of another version.
var ErrBroken = errors.New("sluice: the answer cannot be read")

// Encoder writes the arguments of a call (ABI.md, Encoding).
type Encoder struct{ bytes []byte }

// NewEncoder begins the arguments of a call.
func NewEncoder() *Encoder { return &Encoder{bytes: append(make([]byte, 0, 256), version)} }

// Bytes returns what was written.
func (e *Encoder) Bytes() []byte { return e.bytes }

// U8 writes a byte.
func (e *Encoder) U8(value uint8) *Encoder {
	e.bytes = append(e.bytes, value)
	return e
}

// Bool writes a byte, 0 or 1.
func (e *Encoder) Bool(value bool) *Encoder {
	if value {
		return e.U8(1)
	}
	return e.U8(0)
}

// U32 writes four bytes.
func (e *Encoder) U32(value uint32) *Encoder {
	e.bytes = binary.LittleEndian.AppendUint32(e.bytes, value)
	return e
}

// U64 writes eight bytes.
func (e *Encoder) U64(value uint64) *Encoder {
	e.bytes = binary.LittleEndian.AppendUint64(e.bytes, value)
	return e
}

// F64 writes a double.
func (e *Encoder) F64(value float64) *Encoder { return e.U64(math.Float64bits(value)) }

// String writes a string.
func (e *Encoder) String(value string) *Encoder {
	e.U32(uint32(len(value)))
	e.bytes = append(e.bytes, value...)
	return e
}

// Blob writes bytes.
func (e *Encoder) Blob(value []byte) *Encoder {
	e.U32(uint32(len(value)))
	e.bytes = append(e.bytes, value...)
	return e
}

// Floats writes a vector.
func (e *Encoder) Floats(value []float32) *Encoder {
	e.U32(uint32(4 * len(value)))
	for _, number := range value {
		e.U32(math.Float32bits(number))
	}
	return e
}

func (e *Encoder) optional(value uint64) *Encoder {
	if value == 0 {
		return e.U8(0)
	}
	return e.U8(1).U64(value)
}

// Decoder reads an answer. Reading past its end gives zeros, and Err says so.
type Decoder struct {
	bytes  []byte
	at     int
	broken bool
}

// NewDecoder begins to read an answer.
func NewDecoder(bytes []byte) *Decoder {
	d := &Decoder{bytes: bytes}
	d.broken = d.U8() != version
	return d
}

// Err returns ErrBroken when more was read than was there.
func (d *Decoder) Err() error {
	if d.broken {
		return ErrBroken
	}
	return nil
}

func (d *Decoder) take(size int) []byte {
	if size < 0 || len(d.bytes)-d.at < size {
		d.broken = true
		d.at = len(d.bytes)
		return nil
	}
	taken := d.bytes[d.at : d.at+size]
	d.at += size
	return taken
}

// U8 reads a byte.
func (d *Decoder) U8() uint8 {
	if taken := d.take(1); taken != nil {
		return taken[0]
	}
	return 0
}

// Bool reads a byte that is 0 or 1.
func (d *Decoder) Bool() bool { return d.U8() == 1 }

// U32 reads four bytes.
func (d *Decoder) U32() uint32 {
	if taken := d.take(4); taken != nil {
		return binary.LittleEndian.Uint32(taken)
	}
	return 0
}

// U64 reads eight bytes.
func (d *Decoder) U64() uint64 {
	if taken := d.take(8); taken != nil {
		return binary.LittleEndian.Uint64(taken)
	}
	return 0
}

// F64 reads a double.
func (d *Decoder) F64() float64 { return math.Float64frombits(d.U64()) }

// String reads a string.
func (d *Decoder) String() string { return string(d.take(int(d.U32()))) }

// Blob reads bytes, as a copy.
func (d *Decoder) Blob() []byte { return append([]byte{}, d.take(int(d.U32()))...) }

// Floats reads a vector.
func (d *Decoder) Floats() []float32 {
	taken := d.take(int(d.U32()))
	value := make([]float32, len(taken)/4)
	for i := range value {
		value[i] = math.Float32frombits(binary.LittleEndian.Uint32(taken[4*i:]))
	}
	return value
}

// list reads as many elements as the answer says, no more than it can have.
func list[T any](d *Decoder, read func(*Decoder) T) []T {
	count := d.U32()
	values := make([]T, 0, min(int(count), len(d.bytes)-d.at))
	for i := uint32(0); i < count && !d.broken; i++ {
		values = append(values, read(d))
	}
	return values
}

package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"sluice.dev/sdk"
)

var (
	small  = []uint8{0, 1, 127, 128, 255}
	wide   = []uint64{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, math.MaxInt64, 1 << 63, math.MaxUint64}
	floats = []float64{0, math.Copysign(0, -1), 1.5, -1e-310, 1e308, math.Inf(1), math.Inf(-1), math.NaN()}
	texts  = []string{"", "a", "zwölf Boxkämpfer", "\x00", "日本語", "🦜🦜", strings.Repeat("x", 70000)}
)

// conform sends values of every type of the encoding through the host and back.
func conform() error {
	for i := range wide {
		if err := trip(small[i%len(small)], wide[i], floats[i%len(floats)], texts[i%len(texts)], uint32(i)); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
	}
	whole := sluice.NewEncoder().U8(1).U32(2).U64(3).F64(4).Blob(nil).String("ü").U32(1).U32(7).String("x").U8(1).String("y").Bytes()
	for length := 0; length <= len(whole)+1; length++ {
		cut := append(append([]byte{}, whole...), 0)[:length]
		_, err := proxywasm.CallForeignFunction("sluice.host.echo", cut)
		if (err == nil) != (length == len(whole)) {
			return fmt.Errorf("a message of %d bytes cut to %d: %v", len(whole), length, err)
		}
	}
	return nil
}

func trip(a uint8, c uint64, d float64, text string, elements uint32) error {
	blob := bytes.Repeat([]byte{0, 1, 2, 255}, 80)
	sent := sluice.NewEncoder().U8(a).U32(uint32(c)).U64(c).F64(d).Blob(blob).String(text).U32(elements)
	for i := uint32(0); i < elements; i++ {
		sent.U32(i * 0x10000001).String(texts[int(i)%len(texts)])
	}
	present := elements&1 == 1
	sent.Bool(present)
	if present {
		sent.String(text)
	}
	back, err := sluice.Call("sluice.host.echo", sent)
	if err != nil {
		return err
	}
	same := back.U8() == a && back.U32() == uint32(c) && back.U64() == c && back.U64() == math.Float64bits(d)
	same = same && bytes.Equal(back.Blob(), blob) && back.String() == text && back.U32() == elements
	for i := uint32(0); i < elements; i++ {
		same = same && back.U32() == i*0x10000001 && back.String() == texts[int(i)%len(texts)]
	}
	same = same && back.Bool() == present && (!present || back.String() == text)
	if !same {
		return fmt.Errorf("came back changed")
	}
	return back.Err()
}

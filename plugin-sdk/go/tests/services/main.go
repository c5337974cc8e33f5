// A guest that asks each service once for each request to /services, and says in a header what it was answered; on routes
// with ai it guards LLM calls.
package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
	"sluice.dev/sdk"
	"sluice.dev/sdk/ai"
)

func main() {}
func init() { proxywasm.SetVMContext(&vmContext{}) }

type vmContext struct{ types.DefaultVMContext }

func (*vmContext) NewPluginContext(uint32) types.PluginContext { return &plugin{} }

type plugin struct {
	types.DefaultPluginContext
	patterns *sluice.PatternSet
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	err := conform()
	if err == nil {
		p.patterns, err = sluice.CompilePatterns([]sluice.Pattern{
			{Kind: sluice.Literal, Text: "SERVICES", IgnoreCase: true, WholeWord: true},
			{Kind: sluice.Expression, Text: "[0-9]+"},
		})
	}
	if err != nil {
		proxywasm.LogErrorf("services: %v", err)
		return types.OnPluginStartStatusFailed
	}
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(id uint32) types.HttpContext { return &stream{plugin: p, id: id} }

type stream struct {
	types.DefaultHttpContext
	plugin      *plugin
	id          uint32
	said        strings.Builder
	vector      []float32
	reservation uint64
	version     uint64
	fence       uint64
}

var limits = []sluice.Limit{
	{Key: "{a}tokens", Amount: 10, Window: sluice.Fixed("month", "UTC")},
	{Key: "{a}requests", Amount: 10, Window: sluice.Concurrency(60_000)},
}

func (s *stream) OnHttpRequestHeaders(int, bool) types.Action {
	if ai.Attach(s.id, &guard{}) == ai.Shown {
		return types.ActionContinue
	}
	path, _ := proxywasm.GetHttpRequestHeader(":path")
	if !strings.HasPrefix(path, "/services") {
		return types.ActionContinue
	}
	matches, err := s.plugin.patterns.Scan([]byte(path), 0)
	s.say("scan=%v %v", matches, err)
	scan, err := s.plugin.patterns.Open()
	if err == nil {
		matches, err = scan.Feed([]byte("4"), false)
		s.say("feed=%v %d %v", matches, scan.Safe, err)
		matches, err = scan.Feed([]byte("2"), true)
		s.say("feed=%v %d %v", matches, scan.Safe, err)
		err = scan.Close()
	}
	s.say("close=%v", err)
	model, dimensions, err := sluice.EmbedderModel()
	s.say("model=%t %d %v", model != "", dimensions, err)
	s.next(0)
	return types.ActionPause
}

func (s *stream) OnHttpStreamDone() { ai.Detach(s.id) }

func (s *stream) say(format string, values ...any) {
	fmt.Fprintf(&s.said, format+"; ", values...)
}

// next makes the asynchronous calls one after another.
func (s *stream) next(step int) {
	then := func(what string, value any, err error) {
		s.say("%s=%v %v", what, value, err)
		s.next(step + 1)
	}
	var err error
	switch step {
	case 0:
		err = sluice.CountTokens("gpt-4o", "hello world", func(n uint64, err error) { then("tokens", n, err) })
	case 1:
		err = sluice.Embed([]string{"hello", "world"}, func(vectors [][]float32, err error) {
			s.vector = vectors[0]
			then("embed", []int{len(vectors), len(vectors[1])}, err)
		})
	case 2:
		item := sluice.VectorItem{Key: "k", Vector: s.vector, Value: []byte("v"),
			Attributes: sluice.Attributes{"a": "1", "b": "2"}, TTLMillis: 60_000}
		err = sluice.UpsertVector("n", item, func(created bool, err error) { then("upsert", created, err) })
	case 3:
		query := sluice.VectorQuery{Vector: s.vector, K: 3, MinScore: 0.5, Filter: sluice.Attributes{"b": "2"}}
		err = sluice.SearchVectors("n", query, func(hits []sluice.VectorHit, err error) {
			hit := hits[0]
			then("search", []any{len(hits), hit.Key, hit.Score > 0.999, string(hit.Value), hit.Attributes["a"]}, err)
		})
	case 4:
		err = sluice.DeleteVector("n", "x", func(deleted bool, err error) { then("deleteVector", deleted, err) })
	case 5:
		err = sluice.DeleteVectors("n", sluice.Attributes{"a": "1"}, func(n uint64, err error) { then("deleteVectors", n, err) })
	case 6:
		err = sluice.Reserve(limits, 4, 60_000, func(r sluice.Reservation, err error) {
			s.reservation = r.ID
			then("reserve", []any{r.Granted, r.Left[0].Remaining, r.Left[1].Remaining}, err)
		})
	case 7:
		err = sluice.Settle(s.reservation, 12, func(left []sluice.Left, err error) { then("settle", left[0].Remaining, err) })
	case 8:
		err = sluice.Reserve(limits, 1, 60_000, func(r sluice.Reservation, err error) {
			then("reserve", []any{r.Granted, r.ID}, err)
		})
	case 9:
		err = sluice.Release(s.reservation, func(_ []sluice.Left, err error) {
			then("release", errors.Is(err, types.ErrorStatusNotFound), nil)
		})
	case 10:
		err = sluice.Add(limits[:1], 3, func(left []sluice.Left, err error) { then("add", left[0].Remaining, err) })
	case 11:
		err = sluice.Peek(limits, func(left []sluice.Left, err error) {
			then("peek", []any{left[0].Remaining, left[1].Remaining}, err)
		})
	default:
		err = s.store(step, then)
	}
	if err != nil {
		s.say("refused %d: %v", step, err)
		s.finish()
	}
}

func (s *stream) store(step int, then func(what string, value any, err error)) error {
	switch step {
	case 12:
		return sluice.Set("s", []byte("one"), 0, func(version uint64, err error) {
			s.version = version
			then("set", version != 0, err)
		})
	case 13:
		return sluice.CompareAndSet("s", []byte("two"), s.version+1, 1000, func(_ uint64, err error) {
			then("mismatch", errors.Is(err, types.ErrorStatusCasMismatch), nil)
		})
	case 14:
		return sluice.CompareAndSet("s", []byte("two"), s.version, 60_000, func(version uint64, err error) {
			then("compareAndSet", version != s.version, err)
		})
	case 15:
		return sluice.Get("s", func(entry *sluice.Entry, err error) { then("get", string(entry.Value), err) })
	case 16:
		return sluice.Delete("s", func(deleted bool, err error) { then("delete", deleted, err) })
	case 17:
		return sluice.Get("s", func(entry *sluice.Entry, err error) { then("get", entry == nil, err) })
	case 18:
		return sluice.Lock("l", 60_000, func(fence uint64, err error) {
			s.fence = fence
			then("lock", fence != 0, err)
		})
	case 19:
		return sluice.Lock("l", 60_000, func(fence uint64, err error) { then("lock", fence, err) })
	case 20:
		return sluice.Unlock("l", s.fence, func(unlocked bool, err error) { then("unlock", unlocked, err) })
	default:
		s.finish()
		return nil
	}
}

func (s *stream) finish() {
	if err := proxywasm.AddHttpRequestHeader("x-services", s.said.String()); err != nil {
		proxywasm.LogErrorf("header: %v", err)
	}
	if err := proxywasm.ResumeHttpRequest(); err != nil {
		proxywasm.LogErrorf("resume: %v", err)
	}
}

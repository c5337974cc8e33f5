// Package ai has the callbacks on LLM calls that Sluice makes on routes with `ai`, whatever the client's format, and the edits
// that a plugin can make there (ABI.md, LLM calls). A plugin needs the grant ai. Another host never calls it.
//
//	func (s *stream) OnHttpRequestHeaders(int, bool) types.Action {
//		if ai.Attach(s.id, s) == ai.NotGranted {
//			proxywasm.LogWarn("LLM calls pass unseen: no grant ai")
//		}
//		return types.ActionContinue
//	}
//
//	func (s *stream) OnAiRequest(request *ai.Request) ai.Action {
//		for _, segment := range request.Segments {
//			if segment.Role == ai.User {
//				_ = ai.Replace(segment, strings.ReplaceAll(segment.Text, "secret", "******"))
//			}
//		}
//		return ai.Continue
//	}
//
//	func (s *stream) OnHttpStreamDone() { ai.Detach(s.id) }
//
// The id is what NewHttpContext is given. Embed Default for the callbacks that are not of interest. Whoever imports this
// package exports sluice_on_ai_request, sluice_on_ai_event and sluice_on_ai_end.
package ai

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
	"sluice.dev/sdk"
)

// Action says what the host does after OnAiRequest and OnAiEvent.
type Action uint32

const (
	// Continue lets the request or the response go on.
	Continue Action = 0
	// Pause has it wait until proxywasm.ResumeHttpRequest or ResumeHttpResponse.
	Pause Action = 1
)

// Stream sees the LLM call of one exchange.
type Stream interface {
	// OnAiRequest sees the whole request, before its bytes go on.
	OnAiRequest(request *Request) Action
	// OnAiEvent sees each event of the response in order, streamed or not.
	OnAiEvent(event Event) Action
	// OnAiEnd sees how the exchange ended; nothing can be changed any more.
	OnAiEnd(end End)
}

// Default lets everything pass.
type Default struct{}

// OnAiRequest continues.
func (Default) OnAiRequest(*Request) Action { return Continue }

// OnAiEvent continues.
func (Default) OnAiEvent(Event) Action { return Continue }

// OnAiEnd does nothing.
func (Default) OnAiEnd(End) {}

// Access says whether calls are shown here.
type Access int

const (
	// None says that the route speaks no LLM protocol, or that the host is another one.
	None Access = iota
	// Shown says that calls are shown.
	Shown
	// NotGranted says that the route speaks one, but the plugin has no grant ai.
	NotGranted
)

// Enabled returns whether calls are shown to the stream whose callback is running.
func Enabled() Access {
	answer, err := sluice.Call("sluice.ai.enabled", sluice.NewEncoder())
	switch {
	case err == types.ErrorInternalFailure:
		return NotGranted
	case err == nil && answer.Bool():
		return Shown
	default:
		return None
	}
}

// attached has who sees the calls of streams. A VM runs one callback at a time, so nothing guards it.
var attached = map[uint32]Stream{}

// Attach has the LLM call of a stream shown to somebody, when the host shows it; for OnHttpRequestHeaders.
func Attach(contextID uint32, stream Stream) Access {
	access := Enabled()
	if access == Shown {
		attached[contextID] = stream
	}
	return access
}

// Detach forgets a stream; for OnHttpStreamDone.
func Detach(contextID uint32) { delete(attached, contextID) }

func onRequest(contextID uint32, message []byte) Action {
	stream, ok := attached[contextID]
	d := sluice.NewDecoder(message)
	request := readRequest(d)
	if !ok || d.Err() != nil {
		return Continue
	}
	return stream.OnAiRequest(request)
}

func onEvent(contextID uint32, message []byte) Action {
	stream, ok := attached[contextID]
	d := sluice.NewDecoder(message)
	event := readEvent(d)
	if !ok || d.Err() != nil {
		return Continue
	}
	return stream.OnAiEvent(event)
}

func onEnd(contextID uint32, message []byte) {
	stream, ok := attached[contextID]
	delete(attached, contextID)
	d := sluice.NewDecoder(message)
	end := End{Outcome: Outcome(d.U8()), Model: d.String(), Provider: d.String(), Usage: readUsage(d)}
	if ok && d.Err() == nil {
		stream.OnAiEnd(end)
	}
}

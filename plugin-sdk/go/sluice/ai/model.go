package ai

import "sluice.dev/sdk"

// Role says who speaks in a segment.
type Role uint8

// The roles.
const (
	System Role = iota
	User
	Assistant
	ToolInput
	ToolOutput
	ToolDefinition
)

// Segment is one piece of text of a request.
type Segment struct {
	Index uint32
	Role  Role
	// Place is a JSON pointer into the client's body.
	Place string
	Text  string
}

// Request is a request to a model. Edits are written back in the client's own format.
type Request struct {
	// Protocol is such as openai.chat, anthropic.messages, gemini.generateContent.
	Protocol string
	Model    string
	Stream   bool
	// Consumer is who asks, or an empty string when nobody was identified.
	Consumer              string
	EstimatedPromptTokens uint64
	// MaxOutputTokens is what the client allows the answer, or -1.
	MaxOutputTokens int64
	Segments        []Segment
	Tools           []string
	// Parameters has scalar parameters such as temperature as they stood in the request.
	Parameters map[string]string
}

// Usage counts tokens: Input includes the cached ones, Output those of reasoning.
type Usage struct {
	Input, CachedInput, Output, Reasoning uint64
	// Estimated says whether the gateway counted, because the provider did not.
	Estimated   bool
	CacheWrites uint64
}

// EventKind tells events apart.
type EventKind uint8

// The kinds of events.
const (
	TextEvent EventKind = iota
	ToolCallEvent
	FinishEvent
	UsageEvent
)

// Event is one event of a response. Which fields have a meaning depends on Kind.
type Event struct {
	Kind   EventKind
	Choice uint32
	// Place is of a text: answer, reasoning or refusal.
	Place string
	// Text is the text, the arguments of a tool, or the reason of an end.
	Text string
	// Call is of a tool call: its number in the choice.
	Call uint32
	// Name is of a tool call: the tool, with its first event only.
	Name string
	// Usage is of a report of usage.
	Usage Usage
}

// Text returns a piece of the first choice's answer.
func Text(text string) Event { return Event{Kind: TextEvent, Place: "answer", Text: text} }

// Finish returns the end of the first choice: stop, length, tool_calls, content_filter.
func Finish(reason string) Event { return Event{Kind: FinishEvent, Text: reason} }

// Outcome says how an exchange ended.
type Outcome uint8

// The outcomes.
const (
	Complete Outcome = iota
	Refused
	Answered
	UpstreamError
	Truncated
	ClientGone
)

// End says how an exchange ended.
type End struct {
	Outcome  Outcome
	Model    string
	Provider string
	Usage    Usage
}

func readRequest(d *sluice.Decoder) *Request {
	request := &Request{Protocol: d.String(), Model: d.String(), Stream: d.Bool(), MaxOutputTokens: -1}
	if d.Bool() {
		request.Consumer = d.String()
	}
	request.EstimatedPromptTokens = d.U64()
	if d.Bool() {
		request.MaxOutputTokens = int64(d.U64())
	}
	for count, i := d.U32(), uint32(0); i < count && d.Err() == nil; i++ {
		request.Segments = append(request.Segments,
			Segment{Index: i, Role: Role(d.U8()), Place: d.String(), Text: d.String()})
	}
	for count, i := d.U32(), uint32(0); i < count && d.Err() == nil; i++ {
		request.Tools = append(request.Tools, d.String())
	}
	request.Parameters = map[string]string{}
	for count, i := d.U32(), uint32(0); i < count && d.Err() == nil; i++ {
		name := d.String()
		request.Parameters[name] = d.String()
	}
	return request
}

func readUsage(d *sluice.Decoder) Usage {
	return Usage{
		Input: d.U64(), CachedInput: d.U64(), Output: d.U64(), Reasoning: d.U64(),
		Estimated: d.Bool(), CacheWrites: d.U64(),
	}
}

func readEvent(d *sluice.Decoder) Event {
	event := Event{Kind: EventKind(d.U8())}
	if event.Kind == UsageEvent {
		event.Usage = readUsage(d)
		return event
	}
	event.Choice = d.U32()
	switch event.Kind {
	case TextEvent:
		event.Place = d.String()
	case ToolCallEvent:
		event.Call = d.U32()
		if d.Bool() {
			event.Name = d.String()
		}
	}
	event.Text = d.String()
	return event
}

func writeEvent(e *sluice.Encoder, event Event) {
	e.U8(uint8(event.Kind))
	switch event.Kind {
	case TextEvent:
		e.U32(event.Choice).String(event.Place).String(event.Text)
	case ToolCallEvent:
		e.U32(event.Choice).U32(event.Call).Bool(event.Name != "")
		if event.Name != "" {
			e.String(event.Name)
		}
		e.String(event.Text)
	case FinishEvent:
		e.U32(event.Choice).String(event.Text)
	case UsageEvent:
		usage := event.Usage
		e.U64(usage.Input).U64(usage.CachedInput).U64(usage.Output).U64(usage.Reasoning)
		e.Bool(usage.Estimated).U64(usage.CacheWrites)
	}
}

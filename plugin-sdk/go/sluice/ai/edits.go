package ai

import "sluice.dev/sdk"

func edit(function string, arguments *sluice.Encoder) error {
	_, err := sluice.Call(function, arguments)
	return err
}

func editWith(function string, events []Event) error {
	arguments := sluice.NewEncoder().U32(uint32(len(events)))
	for _, event := range events {
		writeEvent(arguments, event)
	}
	return edit(function, arguments)
}

// Replace replaces the text of a segment; the rest of the client's body stays as it is, byte for byte.
func Replace(segment Segment, text string) error {
	return edit("sluice.ai.replace", sluice.NewEncoder().U32(segment.Index).String(text))
}

// Append adds a message at the end of the conversation.
func Append(role Role, text string) error {
	return edit("sluice.ai.append", sluice.NewEncoder().U8(uint8(role)).String(text))
}

// SetModel names another model, which routing uses.
func SetModel(model string) error {
	return edit("sluice.ai.setModel", sluice.NewEncoder().String(model))
}

// ReplaceEvent sends others on in place of the event at hand; none holds it back.
func ReplaceEvent(events ...Event) error { return editWith("sluice.ai.replaceEvent", events) }

// Emit sends events before the one at hand, or before the next one.
func Emit(events ...Event) error { return editWith("sluice.ai.emit", events) }

// Refuse refuses in the client's protocol: an error, or with status 200 an answer of the model that says the message.
func Refuse(status uint32, code, message string) error {
	return edit("sluice.ai.refuse", sluice.NewEncoder().U32(status).String(code).String(message))
}

// Answer answers in place of a provider in the client's protocol.
func Answer(events ...Event) error { return editWith("sluice.ai.answer", events) }

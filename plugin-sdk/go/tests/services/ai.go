package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"sluice.dev/sdk/ai"
)

// guard does with LLM calls what LlmPluginChecks expects of every language.
type guard struct{ held string }

func (g *guard) OnAiRequest(request *ai.Request) ai.Action {
	last := request.Segments[len(request.Segments)-1]
	switch {
	case strings.Contains(last.Text, "forbidden"):
		report(ai.Refuse(403, "no_way", "not in "+last.Place))
		return ai.Continue
	case strings.Contains(last.Text, "politely"):
		report(ai.Refuse(200, "", "Rather no."))
		return ai.Continue
	case strings.Contains(last.Text, "cached"):
		report(ai.Answer(ai.Text("from "), ai.Text("memory")))
		return ai.Continue
	}
	var roles []string
	for _, segment := range request.Segments {
		if segment.Role == ai.User {
			report(ai.Replace(segment, strings.ReplaceAll(segment.Text, "secret", "******")))
		}
		roles = append(roles, [...]string{
			"system", "user", "assistant", "tool_input", "tool_output", "tool_definition"}[segment.Role])
	}
	var most, temperature any
	if request.MaxOutputTokens >= 0 {
		most = request.MaxOutputTokens
	}
	if value, ok := request.Parameters["temperature"]; ok {
		temperature = value
	}
	seen, _ := json.Marshal([]any{request.Protocol, request.Model, request.Stream, most,
		strings.Join(request.Tools, "+"), temperature, strings.Join(roles, "+"), request.EstimatedPromptTokens > 0})
	report(ai.Append(ai.System, string(seen)))
	if strings.Contains(last.Text, "small") {
		report(ai.SetModel("small"))
	}
	return ai.Continue
}

func (g *guard) OnAiEvent(event ai.Event) ai.Action {
	switch {
	case event.Kind == ai.FinishEvent:
		report(ai.Emit(ai.Text(" [" + g.held + "]")))
	case event.Kind != ai.TextEvent:
	case strings.Contains(event.Text, "not"):
		g.held += strings.TrimSpace(event.Text)
		report(ai.ReplaceEvent())
	case strings.Contains(event.Text, "Bluebird"):
		report(ai.ReplaceEvent(ai.Text("Red"), ai.Text("bird ")))
	}
	return ai.Continue
}

func (g *guard) OnAiEnd(end ai.End) {
	outcome := [...]string{"complete", "refused", "cached", "upstream_error", "truncated", "client_gone"}[end.Outcome]
	proxywasm.LogInfo(fmt.Sprintf("end %s %s %s %d %t", outcome, end.Model, end.Provider, end.Usage.Output, end.Usage.Estimated))
}

func report(err error) {
	if err != nil {
		proxywasm.LogErrorf("edit: %v", err)
	}
}

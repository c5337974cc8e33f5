package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
	"sluice.dev/sdk"
)

func main() {}
func init() { proxywasm.SetVMContext(&vmContext{}) }

type vmContext struct{ types.DefaultVMContext }

func (*vmContext) NewPluginContext(uint32) types.PluginContext { return &plugin{} }

type plugin struct {
	types.DefaultPluginContext
	Patterns []string `json:"patterns"`
	Header   string   `json:"header"`
	set      *sluice.PatternSet
	refused  proxywasm.MetricCounter
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	if err := p.configure(); err != nil {
		proxywasm.LogErrorf("configuration: %v", err)
		return types.OnPluginStartStatusFailed
	}
	p.refused = proxywasm.DefineCounterMetric("refused")
	return types.OnPluginStartStatusOK
}

func (p *plugin) configure() error {
	p.Header = "x-checked"
	p.Patterns = []string{"AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"}
	config, err := proxywasm.GetPluginConfiguration()
	if err != nil && err != types.ErrorStatusNotFound {
		return err
	}
	if len(config) > 0 {
		if err := json.Unmarshal(config, p); err != nil {
			return err
		}
	}
	// The headers wait while the body is looked at.
	if _, err := sluice.Enable(sluice.HeaderStatuses); err != nil {
		return err
	}
	patterns := make([]sluice.Pattern, len(p.Patterns))
	for i, expression := range p.Patterns {
		patterns[i] = sluice.Pattern{Kind: sluice.Expression, Text: expression}
	}
	p.set, err = sluice.CompilePatterns(patterns)
	return err
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext { return &stream{plugin: p} }

type stream struct {
	types.DefaultHttpContext
	plugin *plugin
}

func (s *stream) OnHttpRequestHeaders(_ int, endOfStream bool) types.Action {
	if endOfStream {
		return types.ActionContinue
	}
	return types.ActionPause
}

func (s *stream) OnHttpRequestBody(size int, endOfStream bool) types.Action {
	if !endOfStream {
		return types.ActionPause
	}
	body, err := proxywasm.GetHttpRequestBody(0, size)
	if err != nil {
		return s.refuse(400, "the body cannot be read")
	}
	found, err := texts(body)
	if err != nil {
		return s.refuse(400, "the body is not a chat request")
	}
	matches, err := s.plugin.set.Scan(bytes.Join(found, []byte("\n")), 1)
	if err != nil {
		panic(err) // fails the exchange by failStrategy
	}
	if len(matches) > 0 {
		s.plugin.refused.Increment(1)
		return s.refuse(403, "the prompt carries a credential")
	}
	if err := proxywasm.ReplaceHttpRequestHeader(s.plugin.Header, strconv.Itoa(len(found))); err != nil {
		panic(err)
	}
	return types.ActionContinue
}

func (s *stream) refuse(status uint32, why string) types.Action {
	headers := [][2]string{{"content-type", "application/json"}}
	if err := proxywasm.SendHttpResponse(status, headers, []byte(`{"error":"`+why+`"}`), -1); err != nil {
		panic(err)
	}
	return types.ActionPause
}

// texts returns the texts of a chat request: contents, and the text parts of contents that are lists.
func texts(body []byte) ([][]byte, error) {
	var chat struct {
		Messages []struct{ Content json.RawMessage }
	}
	if err := json.Unmarshal(body, &chat); err != nil {
		return nil, err
	}
	if chat.Messages == nil {
		return nil, errors.New("no messages")
	}
	var found [][]byte
	for _, message := range chat.Messages {
		var text *string
		var parts []struct{ Text *string }
		switch {
		case json.Unmarshal(message.Content, &text) == nil:
			if text != nil {
				found = append(found, []byte(*text))
			}
		case json.Unmarshal(message.Content, &parts) == nil:
			for _, part := range parts {
				if part.Text != nil {
					found = append(found, []byte(*part.Text))
				}
			}
		}
	}
	return found, nil
}

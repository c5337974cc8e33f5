package main

import (
	"encoding/json"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}
func init() { proxywasm.SetVMContext(&vmContext{}) }

type vmContext struct{ types.DefaultVMContext }

func (*vmContext) NewPluginContext(uint32) types.PluginContext { return &plugin{} }

type plugin struct {
	types.DefaultPluginContext
	Header string `json:"header"`
	Value  string `json:"value"`
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	p.Header, p.Value = "x-{{name}}", "hello"
	config, err := proxywasm.GetPluginConfiguration()
	if err == types.ErrorStatusNotFound || len(config) == 0 {
		return types.OnPluginStartStatusOK
	}
	if err == nil {
		err = json.Unmarshal(config, p)
	}
	if err != nil {
		proxywasm.LogErrorf("configuration: %v", err)
		return types.OnPluginStartStatusFailed
	}
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext { return &stream{plugin: p} }

type stream struct {
	types.DefaultHttpContext
	plugin *plugin
}

func (s *stream) OnHttpResponseHeaders(int, bool) types.Action {
	if err := proxywasm.ReplaceHttpResponseHeader(s.plugin.Header, s.plugin.Value); err != nil {
		proxywasm.LogErrorf("header %s: %v", s.plugin.Header, err)
	}
	return types.ActionContinue
}

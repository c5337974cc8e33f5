// One guest for three: {"do": "empty"}, {"do": "header"} (the default) or {"do": "body"}.
package main

import (
	"bytes"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}
func init() { proxywasm.SetVMContext(&vmContext{}) }

type vmContext struct{ types.DefaultVMContext }

func (*vmContext) NewPluginContext(uint32) types.PluginContext { return &pluginContext{} }

type pluginContext struct {
	types.DefaultPluginContext
	empty, body bool
	lines       int
}

func (p *pluginContext) OnPluginStart(int) types.OnPluginStartStatus {
	data, err := proxywasm.GetPluginConfiguration()
	if err != nil && err != types.ErrorStatusNotFound {
		return types.OnPluginStartStatusFailed
	}
	p.empty = bytes.Contains(data, []byte("empty"))
	p.body = bytes.Contains(data, []byte("body"))
	return types.OnPluginStartStatusOK
}

func (p *pluginContext) NewHttpContext(uint32) types.HttpContext { return &httpContext{plugin: p} }

type httpContext struct {
	types.DefaultHttpContext
	plugin *pluginContext
}

func (c *httpContext) OnHttpResponseHeaders(int, bool) types.Action {
	if !c.plugin.empty && !c.plugin.body {
		_ = proxywasm.AddHttpResponseHeader("x-hello", "world")
	}
	return types.ActionContinue
}

func (c *httpContext) OnHttpResponseBody(size int, _ bool) types.Action {
	if c.plugin.body {
		body, _ := proxywasm.GetHttpResponseBody(0, size)
		c.plugin.lines += bytes.Count(body, []byte{'\n'})
	}
	return types.ActionContinue
}

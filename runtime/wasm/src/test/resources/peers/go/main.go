// A plugin on the proxy-wasm Go SDK: headers, a property, a local response, a buffered body.
package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}
func init() { proxywasm.SetVMContext(&vmContext{}) }

type vmContext struct{ types.DefaultVMContext }

func (*vmContext) NewPluginContext(uint32) types.PluginContext { return &pluginContext{} }

type pluginContext struct {
	types.DefaultPluginContext
	value string
}

func (p *pluginContext) OnPluginStart(int) types.OnPluginStartStatus {
	data, err := proxywasm.GetPluginConfiguration()
	if err != nil && err != types.ErrorStatusNotFound {
		return types.OnPluginStartStatusFailed
	}
	p.value = string(data)
	proxywasm.LogInfof("configured with %d bytes", len(data))
	return types.OnPluginStartStatusOK
}

func (p *pluginContext) NewHttpContext(uint32) types.HttpContext { return &httpContext{value: p.value} }

type httpContext struct {
	types.DefaultHttpContext
	value string
}

func (c *httpContext) OnHttpRequestHeaders(int, bool) types.Action {
	agent, _ := proxywasm.GetHttpRequestHeader("user-agent")
	_ = proxywasm.AddHttpRequestHeader("x-go", c.value+" "+agent)
	path, _ := proxywasm.GetProperty([]string{"request", "path"})
	if string(path) == "/denied" {
		_ = proxywasm.SendHttpResponse(403, [][2]string{{"x-by", "go"}}, []byte("no"), -1)
		return types.ActionPause
	}
	return types.ActionContinue
}

func (c *httpContext) OnHttpResponseBody(size int, end bool) types.Action {
	if !end {
		return types.ActionPause
	}
	body, _ := proxywasm.GetHttpResponseBody(0, size)
	_ = proxywasm.ReplaceHttpResponseBody([]byte("[" + string(body) + "]"))
	return types.ActionContinue
}

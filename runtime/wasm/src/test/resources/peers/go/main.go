// The job that the guests of every SDK do (SdkGuestsTest), on the proxy-wasm Go SDK.
package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}
func init() { proxywasm.SetVMContext(&vmContext{}) }

type vmContext struct{ types.DefaultVMContext }

func (*vmContext) NewPluginContext(uint32) types.PluginContext { return &pluginContext{} }

type pluginContext struct {
	types.DefaultPluginContext
	config           string
	requests, logged proxywasm.MetricCounter
}

func (p *pluginContext) OnPluginStart(int) types.OnPluginStartStatus {
	data, err := proxywasm.GetPluginConfiguration()
	if err != nil {
		return types.OnPluginStartStatusFailed
	}
	p.config = string(data)
	p.requests = proxywasm.DefineCounterMetric("sdk_requests")
	p.logged = proxywasm.DefineCounterMetric("sdk_logged")
	proxywasm.LogInfof("configured with %d bytes", len(data))
	if err := proxywasm.SetTickPeriodMilliSeconds(50); err != nil {
		return types.OnPluginStartStatusFailed
	}
	return types.OnPluginStartStatusOK
}

func (p *pluginContext) OnTick() {
	data, cas, err := proxywasm.GetSharedData("ticks")
	if err != nil && err != types.ErrorStatusNotFound {
		return
	}
	ticks, _ := strconv.Atoi(string(data))
	_ = proxywasm.SetSharedData("ticks", []byte(strconv.Itoa(ticks+1)), cas)
}

func (p *pluginContext) NewHttpContext(uint32) types.HttpContext { return &httpContext{plugin: p} }

type httpContext struct {
	types.DefaultHttpContext
	plugin *pluginContext
}

func (c *httpContext) OnHttpRequestHeaders(int, bool) types.Action {
	agent, _ := proxywasm.GetHttpRequestHeader("user-agent")
	path, _ := proxywasm.GetProperty([]string{"request", "path"})
	_ = proxywasm.AddHttpRequestHeader("x-config", c.plugin.config)
	_ = proxywasm.AddHttpRequestHeader("x-agent", agent)
	_ = proxywasm.ReplaceHttpRequestHeader("x-path", string(path))
	_ = proxywasm.RemoveHttpRequestHeader("x-gone")
	_ = proxywasm.RemoveHttpRequestHeader("content-length")
	switch string(path) {
	case "/denied":
		_ = proxywasm.SendHttpResponse(403, [][2]string{{"x-by", "guest"}}, []byte("no"), -1)
		return types.ActionPause
	case "/call":
		headers := [][2]string{{":method", "GET"}, {":path", "/answer"}, {":authority", "up"}}
		if _, err := proxywasm.DispatchHttpCall("up", headers, nil, nil, 5000, c.called); err == nil {
			return types.ActionPause
		}
	}
	return types.ActionContinue
}

func (c *httpContext) called(_, size, _ int) {
	headers, _ := proxywasm.GetHttpCallResponseHeaders()
	body, _ := proxywasm.GetHttpCallResponseBody(0, size)
	for _, field := range headers {
		if field[0] == "x-answer" {
			_ = proxywasm.AddHttpRequestHeader("x-called", field[1]+" "+string(body))
		}
	}
	_ = proxywasm.ResumeHttpRequest()
}

func (c *httpContext) OnHttpRequestBody(size int, end bool) types.Action {
	if !end {
		return types.ActionPause
	}
	body, _ := proxywasm.GetHttpRequestBody(0, size)
	_ = proxywasm.ReplaceHttpRequestBody([]byte("[" + string(body) + "]"))
	return types.ActionContinue
}

func (c *httpContext) OnHttpResponseHeaders(int, bool) types.Action {
	c.plugin.requests.Increment(1)
	ticks, _, _ := proxywasm.GetSharedData("ticks")
	_ = proxywasm.AddHttpResponseHeader("x-ticks", string(ticks))
	_ = proxywasm.RemoveHttpResponseHeader("content-length")
	return types.ActionContinue
}

func (c *httpContext) OnHttpResponseBody(size int, end bool) types.Action {
	if !end {
		return types.ActionPause
	}
	body, _ := proxywasm.GetHttpResponseBody(0, size)
	_ = proxywasm.ReplaceHttpResponseBody([]byte("<" + string(body) + ">"))
	return types.ActionContinue
}

func (c *httpContext) OnHttpStreamDone() { c.plugin.logged.Increment(1) }

// Adds one header to each response: the plugin that the side-by-side comparison runs too.
import { Config, Headers, HeadersStatus, registerPlugin, RootContext, StreamContext } from "@sluice/assemblyscript";
export * from "@sluice/assemblyscript/exports";

class Plugin extends RootContext {
  header: string = "";
  value: string = "";

  onConfigure(config: Config): bool {
    this.header = config.getString("header", "x-hello");
    this.value = config.getString("value", "world");
    return true;
  }

  createStream(id: u32): StreamContext {
    return new Stream(this);
  }
}

class Stream extends StreamContext {
  constructor(private plugin: Plugin) {
    super();
  }

  onResponseHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    headers.add(this.plugin.header, this.plugin.value);
    return HeadersStatus.Continue;
  }
}

registerPlugin(() => new Plugin());

// Calls the host as often as its configuration says: for the time, which costs the way to the host
// and back and nothing else, and for a header, which the host copies into the guest's memory.
import { Bytes, Config, Headers, HeadersStatus, registerPlugin, RootContext, StreamContext } from "@sluice/assemblyscript";
export * from "@sluice/assemblyscript/exports";

// @ts-ignore: decorator
@external("env", "proxy_get_current_time_nanoseconds")
declare function currentTime(nanoseconds: usize): i32;

const answer = memory.data(8);

class Plugin extends RootContext {
  times: i32 = 0;
  headers: i32 = 0;
  value: Bytes = new Bytes();

  onConfigure(config: Config): bool {
    this.times = <i32>config.getInteger("times", 0);
    this.headers = <i32>config.getInteger("headers", 0);
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

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    for (let i = this.plugin.times; i > 0; i--) {
      currentTime(answer);
    }
    for (let i = this.plugin.headers; i > 0; i--) {
      this.plugin.value.clear();
      headers.read("user-agent", this.plugin.value);
    }
    return HeadersStatus.Continue;
  }
}

registerPlugin(() => new Plugin());

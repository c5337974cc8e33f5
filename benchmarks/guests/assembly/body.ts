// Reads each piece of the response's body and counts its line breaks.
import { Body, BodyStatus, Bytes, registerPlugin, RootContext, StreamContext } from "@sluice/assemblyscript";
export * from "@sluice/assemblyscript/exports";

class Plugin extends RootContext {
  lines: i32 = 0;
  bytes: Bytes = new Bytes();

  createStream(id: u32): StreamContext {
    return new Stream(this);
  }
}

class Stream extends StreamContext {
  constructor(private plugin: Plugin) {
    super();
  }

  onResponseBody(body: Body, endOfStream: bool): BodyStatus {
    const bytes = this.plugin.bytes;
    bytes.clear();
    body.read(bytes);
    let lines = 0;
    for (let i: usize = bytes.ptr, end = i + <usize>bytes.length; i < end; i++) {
      if (load<u8>(i) == 10) lines++;
    }
    this.plugin.lines += lines;
    return BodyStatus.Continue;
  }
}

registerPlugin(() => new Plugin());

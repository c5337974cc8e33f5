// The callbacks on LLM calls. A plugin whose streams are AiStreamContexts passes them on to the host:
//
//   export * from "@sluice/assemblyscript/ai-exports";

import { AiEnd, AiEvent, AiOutcome, AiRequest, AiStreamContext, AiUsage, message } from "./ai";
import { stream } from "./dispatch";
import { enter, leave } from "./memory";

export function sluice_on_ai_request(id: u32, size: i32): u32 {
  enter();
  const action = changetype<AiStreamContext>(stream(id)).onAiRequest(new AiRequest(message(size)));
  leave();
  return action;
}

export function sluice_on_ai_event(id: u32, size: i32): u32 {
  enter();
  const action = changetype<AiStreamContext>(stream(id)).onAiEvent(AiEvent.decode(message(size)));
  leave();
  return action;
}

export function sluice_on_ai_end(id: u32, size: i32): void {
  enter();
  const from = message(size);
  const outcome = <AiOutcome>from.u8(), model = from.string(), provider = from.string();
  changetype<AiStreamContext>(stream(id)).onAiEnd(new AiEnd(outcome, model, provider, AiUsage.decode(from)));
  leave();
}

import { proxy_call_foreign_function } from "./abi";
import { Bytes } from "./bytes";
import { encodeFirst, outFirst, outSecond, received, receiveInto } from "./host";
import { Status } from "./types";

/** Calls a foreign function of the host; its answer is appended to `answer`. */
export function callForeignFunction(name: string, args: Bytes, answer: Bytes): Status {
  const bytes = encodeFirst(name);
  receiveInto(answer);
  const status = proxy_call_foreign_function(bytes.ptr, bytes.length, args.ptr, args.length, outFirst(), outSecond());
  received(status);
  return status;
}

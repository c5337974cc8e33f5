import { proxy_get_log_level, proxy_log } from "./abi";
import { encodeFirst, outFirst, outU32 } from "./host";
import { LogLevel, Status } from "./types";

/** Writes a line to the plugin's log. */
export function log(level: LogLevel, message: string): void {
  const bytes = encodeFirst(message);
  proxy_log(level, bytes.ptr, bytes.length);
}

/** Returns whether lines of a level are kept; ask before composing a costly one. */
export function logs(level: LogLevel): bool {
  return proxy_get_log_level(outFirst()) != Status.Ok || outU32() <= <u32>level;
}

/** Stands in for `abort` (asconfig.json, `use`): logs what failed and where, and traps. */
// @ts-ignore: decorator
@global export function sluiceAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  let text = message !== null ? message : "aborted";
  if (file !== null) text += " (" + file + ":" + line.toString() + ":" + column.toString() + ")";
  const bytes = String.UTF8.encode(text);
  proxy_log(LogLevel.Critical, changetype<usize>(bytes), bytes.byteLength);
  unreachable();
}

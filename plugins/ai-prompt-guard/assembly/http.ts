/** Returns the media type of a content-type header, in lower case and without parameters. */
export function mediaType(value: string): string {
  const end = value.indexOf(";");
  return (end < 0 ? value : value.substring(0, end)).trim().toLowerCase();
}

/** Returns whether a content-type is JSON in UTF-8. */
export function isJson(value: string): bool {
  const type = mediaType(value);
  if (type != "application/json" && !(type.startsWith("application/") && type.endsWith("+json"))) return false;
  const parameters = value.toLowerCase();
  const at = parameters.indexOf("charset=");
  return at < 0 || parameters.substring(at + 8).replaceAll('"', "").trim().startsWith("utf-8");
}

/**
 * Returns whether a request target names OpenAI's chat completions: its path ends with `/chat/completions`, however it
 * is written (percent-encoding, doubled or trailing slashes, dot segments, path parameters, upper case).
 */
export function isChatPath(target: string): bool {
  let end = target.indexOf("?");
  if (end < 0) end = target.length;
  const fragment = target.indexOf("#");
  if (fragment >= 0 && fragment < end) end = fragment;
  const parts = decode(target.substring(0, end)).toLowerCase().replaceAll("\\", "/").split("/");
  const segments: Array<string> = [];
  for (let i = 0; i < parts.length; i++) {
    const parameters = parts[i].indexOf(";");
    const segment = parameters < 0 ? parts[i] : parts[i].substring(0, parameters);
    if (segment == "..") {
      if (segments.length > 0) segments.pop();
    } else if (segment.length > 0 && segment != ".") {
      segments.push(segment);
    }
  }
  const n = segments.length;
  return n >= 2 && segments[n - 1] == "completions" && segments[n - 2] == "chat";
}

/** Resolves percent-encoded ASCII; the rest does not matter here. */
function decode(path: string): string {
  if (path.indexOf("%") < 0) return path;
  let text = "";
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i) == 0x25 && i + 2 < path.length ? <i32>parseInt(path.substring(i + 1, i + 3), 16) : 0;
    if (code > 0 && code < 0x80) {
      text += String.fromCharCode(code);
      i += 2;
    } else {
      text += path.charAt(i);
    }
  }
  return text;
}

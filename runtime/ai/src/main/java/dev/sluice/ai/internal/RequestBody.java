package dev.sluice.ai.internal;

import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.Concern;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.ai.TextSegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Is the body of a request: read as it arrives, then edited by splices over the client's bytes.
 * Loop-bound.
 */
public final class RequestBody {
  private static final int FIRST_GUESS = 4 << 10;

  private final AiProtocol protocol;
  private final AiLimits limits;
  private final List<Concern> concerns = new ArrayList<>();
  private final boolean readable;
  private JsonScanner scanner;
  private @Nullable RequestFacts facts;
  private List<TextSegment> segments = List.of();
  private final Map<Integer, String> replaced = new TreeMap<>();
  private String model;
  private boolean modelSet;
  private boolean edited;

  public RequestBody(AiEndpoint endpoint, Headers headers, AiLimits limits) {
    this.protocol = endpoint.protocol();
    this.limits = limits;
    this.model = endpoint.model();
    this.scanner = new JsonScanner(limits, expected(headers, limits));
    this.readable = checkEncoding(headers);
  }

  private static int expected(Headers headers, AiLimits limits) {
    String length = headers.get("content-length");
    if (length == null || length.isEmpty() || length.length() > 9) {
      return FIRST_GUESS;
    }
    for (int i = 0; i < length.length(); i++) {
      if (length.charAt(i) < '0' || length.charAt(i) > '9') {
        return FIRST_GUESS;
      }
    }
    // What a client announces costs memory only up to a bound before it has come.
    return Math.min(Integer.parseInt(length), Math.min(limits.bytes(), 64 << 10));
  }

  private boolean checkEncoding(Headers headers) {
    String encoding = headers.get("content-encoding");
    if (encoding != null && !encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
      concerns.add(
          new Concern(
              Concern.Kind.UNREADABLE_ENCODING,
              "content-encoding",
              encoding + " (expected: identity)"));
      return false;
    }
    String type = headers.get("content-type");
    if (type != null) {
      String lower = type.toLowerCase(Locale.ROOT);
      int charset = lower.indexOf("charset=");
      String name = charset < 0 ? "utf-8" : lower.substring(charset + 8).replace("\"", "").strip();
      if (!name.startsWith("utf-8") && !name.startsWith("utf8")) {
        concerns.add(
            new Concern(
                Concern.Kind.UNREADABLE_ENCODING, "content-type", type + " (expected: UTF-8)"));
      }
    }
    return true;
  }

  public void feed(byte[] bytes, int offset, int length) {
    if (readable) {
      scanner.feed(bytes, offset, length);
    } else {
      scanner.tape().append(bytes, offset, length);
    }
  }

  /** Ends the body. */
  public void finish() {
    if (readable && !protocol.listsModels()) {
      take(RequestWalk.read(protocol, scanner.finish(), limits));
      concerns.addAll(facts().concerns);
    }
  }

  private void take(RequestFacts read) {
    facts = read;
    segments = read.segments;
    if (protocol.format() != AiFormat.GEMINI && !modelSet) {
      model = read.model;
    }
  }

  private RequestFacts facts() {
    if (facts == null) {
      throw new IllegalStateException("the request has no body that can be read");
    }
    return facts;
  }

  /** Returns the JSON as it is now, changes included; null when there is none to read. */
  @Nullable JsonTape tape() {
    if (facts == null) {
      return null;
    }
    commit();
    return facts.tape;
  }

  public List<Concern> concerns() {
    return Collections.unmodifiableList(concerns);
  }

  public boolean edited() {
    return edited;
  }

  public boolean includesUsage() {
    return facts != null && facts.includeUsage;
  }

  public String model() {
    return model;
  }

  public boolean stream() {
    return facts != null && facts.stream;
  }

  public List<TextSegment> segments() {
    return Collections.unmodifiableList(segments);
  }

  public List<String> tools() {
    return facts == null ? List.of() : Collections.unmodifiableList(facts.tools);
  }

  public Map<String, String> parameters() {
    return facts == null ? Map.of() : Collections.unmodifiableMap(facts.parameters);
  }

  public OptionalLong maxOutputTokens() {
    return facts == null || facts.maxOutputTokens < 0
        ? OptionalLong.empty()
        : OptionalLong.of(facts.maxOutputTokens);
  }

  /** Returns the tokens of the texts, guessed from their lengths. */
  public long estimatedTokens() {
    long tokens = 0;
    for (TextSegment segment : segments) {
      tokens += TokenGuess.of(segment.text()) + 3;
    }
    return tokens;
  }

  /**
   * Replaces the text of a segment, which is found by its place.
   *
   * @throws IllegalArgumentException when the request has no such segment
   */
  public void replace(TextSegment segment, String text) {
    int index = segment.index();
    if (index < 0
        || index >= segments.size()
        || !segments.get(index).place().equals(segment.place())) {
      index = find(segment.place());
    }
    TextSegment old = segments.get(index);
    segments.set(index, new TextSegment(index, old.role(), old.place(), text));
    replaced.put(index, text);
    edited = true;
  }

  private int find(String place) {
    for (TextSegment segment : segments) {
      if (segment.place().equals(place)) {
        return segment.index();
      }
    }
    throw new IllegalArgumentException("segment: " + place + " (expected: one of this request)");
  }

  public void setModel(String name) {
    model = name;
    modelSet = true;
    edited = true;
  }

  /** Adds a message at the end of the conversation; a system text goes where the format has it. */
  public void append(Role role, String text) {
    commit();
    var splices = new Splices();
    RequestAppend.add(protocol, facts(), role, text, splices);
    reread(splices);
    edited = true;
  }

  /** Returns the body with the changes. */
  public byte[] toByteArray() {
    return with(model, new Splices());
  }

  /** Returns the body with the changes, further ones, and a name of the model. */
  byte[] with(String modelName, Splices splices) {
    JsonTape tape = scanner.tape();
    if (facts != null) {
      replacements(splices);
      if (namesModelInBody() && !modelName.equals(facts.model)) {
        nameModel(tape, modelName, splices);
      }
    }
    return splices.apply(tape.bytes, 0, tape.size);
  }

  private void nameModel(JsonTape tape, String name, Splices splices) {
    int node = facts().modelNode;
    if (node >= 0) {
      splices.replace(tape.start(node), tape.end(node), JsonText.quote(name));
      return;
    }
    var field = new Bytes(name.length() + 16);
    field.put("\"model\":");
    JsonText.write(field, name);
    if (tape.next(0) > 1) {
      field.put(',');
    }
    splices.replace(tape.start(0) + 1, tape.start(0) + 1, field.toByteArray());
  }

  private boolean namesModelInBody() {
    return protocol.format() != AiFormat.GEMINI;
  }

  private void replacements(Splices splices) {
    for (Map.Entry<Integer, String> entry : replaced.entrySet()) {
      int node = facts().node(entry.getKey());
      splices.replace(
          facts().tape.start(node), facts().tape.end(node), JsonText.quote(entry.getValue()));
    }
  }

  /** Makes the edits so far the text that is there. */
  private void commit() {
    if (!replaced.isEmpty()) {
      var splices = new Splices();
      replacements(splices);
      reread(splices);
    }
  }

  private void reread(Splices splices) {
    JsonTape old = facts().tape;
    byte[] bytes = splices.apply(old.bytes, 0, old.size);
    replaced.clear();
    scanner = new JsonScanner(limits, bytes.length);
    scanner.feed(bytes, 0, bytes.length);
    take(RequestWalk.read(protocol, scanner.finish(), limits));
  }

  RequestFacts read() {
    if (facts == null) {
      throw new AiFormatException(
          AiFormatException.Kind.UNSUPPORTED,
          "the request has no body that can be read (expected: JSON without content-encoding)");
    }
    commit();
    return facts();
  }
}

package dev.sluice.ai.internal;

import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Leads a response from the provider's bytes by the plugins to the client's bytes. Loop-bound. */
public final class ReplyFlow {
  /** What the client asked. */
  public record Asked(
      AiEndpoint endpoint, boolean stream, boolean wantsUsage, String model, long promptTokens) {}

  /** How the provider's response begins. */
  public record Answered(int status, @Nullable String contentType) {}

  /** What a tool call costs besides its arguments. */
  private static final int CALL = 256;

  private final Asked asked;
  private final int status;
  private final @Nullable String contentType;
  private final boolean translated;
  private final boolean events;

  /** Whether the client gets a stream that is a JSON array. */
  private final boolean array;

  private final boolean error;
  private final AiLimits limits;
  private final Frames frames;
  private final JsonScanner json;
  private final ReplyReader reader;
  private final ReplyOutput output;

  private final List<Decided> decided = new ArrayList<>();
  private int cursor;
  private boolean inFrame;
  private Reply.@Nullable Delta current;
  private @Nullable List<AiEvent> replacement;

  private boolean inputEnded;
  private boolean bodyRead;
  private boolean closed;
  private boolean ended;
  private boolean started;
  private @Nullable AiError failure;
  private boolean said;
  private int frameCount;
  private String id = "";
  private String model = "";
  private long outputGuess;
  private @Nullable Usage told;

  /** How much of {@link #outputGuess} is in {@link #told}. */
  private long toldOutput;

  private long kept;
  private final Set<Integer> openChoices = new HashSet<>();
  private boolean finishedOne;

  public ReplyFlow(Asked asked, ProviderRequest sent, Answered answered, AiLimits limits) {
    this.asked = asked;
    this.status = answered.status();
    this.limits = limits;
    AiProtocol client = asked.endpoint().protocol();
    translated = sent.protocol() != client;
    error = status >= 400;
    String type = answered.contentType();
    boolean serverSent = !error && isServerSent(type);
    boolean elements =
        !error && !serverSent && asked.stream() && sent.protocol() == AiProtocol.GEMINI_GENERATE;
    events = serverSent || elements;
    frames = elements ? new ArrayScanner(limits) : new SseScanner(limits);
    json = new JsonScanner(limits, 1024);
    reader = ReplyReader.of(sent.protocol(), json.tape());
    reader.array = elements;
    var facts =
        new AnswerFacts(
            client,
            asked.model(),
            asked.wantsUsage(),
            asked.endpoint().serverSentEvents(),
            asked.promptTokens());
    boolean streams = asked.stream() && !error && translated;
    if (!translated) {
      output = new PassOutput(client, events && sent.usageAdded(), limits.bytes(), elements);
      contentType = type;
      array = elements;
    } else if (streams) {
      output = new StreamOutput(facts);
      array = client.format() == AiFormat.GEMINI && !facts.serverSentEvents();
      contentType = array ? "application/json" : "text/event-stream";
    } else {
      output = new WholeOutput(facts);
      contentType = "application/json";
      array = false;
    }
  }

  private static boolean isServerSent(@Nullable String type) {
    return type != null && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
  }

  public void feed(byte[] bytes, int offset, int length) {
    if (closed || inputEnded) {
      return;
    }
    if (events) {
      frames.feed(bytes, offset, length);
    } else if (error) {
      // Not every error is JSON: it is looked at when it is whole.
      json.tape().append(bytes, offset, length);
    } else {
      json.feed(bytes, offset, length);
    }
  }

  public void end() {
    inputEnded = true;
  }

  public void fail(AiError problem) {
    settle();
    if (!closed) {
      closed = true;
      inputEnded = true;
      if (failure == null) {
        failure = problem;
      }
      if (inFrame) {
        inFrame = false;
        decided.clear();
      }
      output.fail(problem);
    }
  }

  public @Nullable AiEvent next() {
    settle();
    while (!closed) {
      if (inFrame) {
        if (cursor < reader.replies.size()) {
          AiEvent event = look(reader.replies.get(cursor++));
          if (event != null) {
            return event;
          }
        } else {
          inFrame = false;
          noteUsage();
          output.write(decided, reader, events && !isLone() ? frames : null);
          decided.clear();
        }
      } else if (!advance()) {
        if (inputEnded) {
          finish();
        }
        return null;
      }
    }
    return null;
  }

  /** Reads the next frame or the body; returns false when there is none yet. */
  private boolean advance() {
    if (!events) {
      if (!inputEnded || bodyRead) {
        return false;
      }
      bodyRead = true;
      return body();
    }
    if (!frames.next() && !(inputEnded && frames.last())) {
      return false;
    }
    frameCount++;
    if (!frames.hasData()) {
      if (!frames.unfinished()) {
        output.silent(frames);
      }
      return true;
    }
    if (frames.dataIs("[DONE]")) {
      ended = true;
      if (!translated) {
        output.silent(frames);
      }
      return true;
    }
    try {
      reader.read(frame(), !isLone());
    } catch (AiFormatException e) {
      if (frames.unfinished() && e.kind() == AiFormatException.Kind.MALFORMED) {
        // The connection broke inside of it: no client could read it.
        return true;
      }
      throw e;
    }
    output.unfinished = frames.unfinished();
    begin();
    return true;
  }

  /** Returns whether a stream was asked for and one whole answer came. */
  private boolean isLone() {
    return frames instanceof ArrayScanner scanner && scanner.isLone();
  }

  private JsonTape frame() {
    json.clear();
    for (int line = 0; line < frames.dataLines(); line++) {
      if (line > 0) {
        json.feed(new byte[] {'\n'}, 0, 1);
      }
      json.feed(
          frames.buffer(), frames.dataStart(line), frames.dataEnd(line) - frames.dataStart(line));
    }
    return json.finish();
  }

  private boolean body() {
    if (error) {
      return errorBody();
    }
    reader.read(json.finish(), false);
    begin();
    return true;
  }

  private boolean errorBody() {
    byte[] bytes = json.tape().bytes;
    int size = json.tape().size;
    var own = new JsonScanner(limits, size);
    AiError found = null;
    try {
      own.feed(bytes, 0, size);
      reader.read(own.finish(), false);
      for (Reply reply : reader.replies) {
        if (reply instanceof Reply.Failed(AiError problem)) {
          found = problem;
        }
      }
    } catch (AiFormatException e) {
      // A proxy's page of HTML, or nothing: the status says what there is to say.
      found = null;
    }
    String code = found == null ? "upstream_error" : found.code();
    String message =
        found == null ? "the provider answered with status " + status : found.message();
    failure = new AiError(status, code, message, found == null ? null : found.param());
    if (translated) {
      output.fail(failure);
    } else {
      output.out.put(bytes, 0, size);
    }
    closed = true;
    return true;
  }

  private void begin() {
    inFrame = true;
    cursor = 0;
    decided.clear();
  }

  /** Notes what a reply says; returns its event when plugins are to see it. */
  private @Nullable AiEvent look(Reply reply) {
    switch (reply) {
      case Reply.Delta delta -> {
        note(delta.event());
        current = delta;
        replacement = null;
        return delta.event();
      }
      case Reply.Started(String given, String named) -> {
        id = given;
        model = named;
      }
      case Reply.Ended end -> ended = true;
      case Reply.Failed(AiError problem) -> {
        failure = problem;
        said = true;
      }
      default -> {}
    }
    decided.add(new Decided(reply, null));
    return null;
  }

  private void note(AiEvent event) {
    switch (event) {
      case AiEvent.TextDelta delta -> {
        started |= !delta.text().isEmpty();
        openChoices.add(delta.choice());
        outputGuess += delta.text().length();
        keep(event, delta.text().length());
      }
      case AiEvent.ToolCallDelta delta -> {
        started = true;
        openChoices.add(delta.choice());
        outputGuess += delta.arguments().length();
        keep(event, delta.arguments().length() + (delta.name() == null ? 0 : CALL));
      }
      case AiEvent.Finish finish -> {
        openChoices.remove(finish.choice());
        finishedOne = true;
      }
      case AiEvent.UsageReport report -> {}
    }
  }

  private void keep(AiEvent event, int length) {
    if (output.keeps(event)) {
      kept += length;
      if (kept > limits.bytes()) {
        throw new AiFormatException(
            AiFormatException.Kind.TOO_LARGE,
            "the response: over " + limits.bytes() + " bytes (expected: at most that)");
      }
    }
  }

  private void settle() {
    Reply.Delta delta = current;
    if (delta != null) {
      current = null;
      decided.add(new Decided(delta, replacement));
    }
  }

  public void replace(List<AiEvent> others) {
    Reply.Delta delta = current;
    if (delta == null) {
      throw new IllegalStateException("no event is being looked at");
    }
    boolean same = others.size() == 1 && others.getFirst().equals(delta.event());
    if (same) {
      replacement = null;
      return;
    }
    var kept = new ArrayList<>(others);
    if (delta.event() instanceof AiEvent.Finish finish
        && others.stream().noneMatch(AiEvent.Finish.class::isInstance)) {
      kept.add(finish);
    } else if (delta.event() instanceof AiEvent.UsageReport report && !others.contains(report)) {
      kept.add(report);
    }
    replacement = kept;
  }

  /** Ends the response as the provider ended its own. */
  private void finish() {
    if (closed) {
      return;
    }
    closed = true;
    if (events && !complete() && failure == null) {
      failure =
          new AiError(502, "upstream_reset", "the provider's stream ended before its answer did");
      output.fail(failure);
    } else if (failure != null && translated) {
      output.fail(failure);
    } else {
      output.end(usage());
    }
  }

  public byte[] take() {
    return output.out.take();
  }

  public int status() {
    return failure != null && translated && output instanceof WholeOutput
        ? failure.status()
        : status;
  }

  public @Nullable String contentType() {
    return contentType;
  }

  public boolean translated() {
    return translated;
  }

  public boolean streamed() {
    return !error && (array || isServerSent(contentType));
  }

  public byte[] lastWords(AiError problem) {
    if (!array) {
      return Errors.inStream(asked.endpoint().protocol(), problem);
    }
    fail(problem);
    return take();
  }

  public int frames() {
    return frameCount;
  }

  public boolean said() {
    return said;
  }

  public String id() {
    return id;
  }

  public boolean started() {
    return started;
  }

  public boolean complete() {
    // Some of those who speak OpenAI's format leave out its mark of the end, but not the reasons.
    return ended || (reader instanceof ChatReplies && finishedOne && openChoices.isEmpty());
  }

  public @Nullable AiError error() {
    return failure;
  }

  public String model() {
    return model.isEmpty() ? asked.model() : model;
  }

  /** A usage that comes with a frame counts what came up to there. */
  @SuppressWarnings("ReferenceEquality") // each is one that was told
  private void noteUsage() {
    Usage found = reader.usage;
    if (found != told) {
      told = found;
      toldOutput = found == null || found.output() == 0 ? 0 : outputGuess;
    }
  }

  /** Returns what the provider told, with an estimate of what came since if its answer broke. */
  public Usage usage() {
    Usage found = reader.usage;
    if (found == null) {
      return new Usage(asked.promptTokens(), 0, (outputGuess + 3) / 4, 0, true);
    }
    long since = (outputGuess - toldOutput + 3) / 4;
    if (!events || complete() || since == 0) {
      return found;
    }
    // What is told before the first content is a beginning, not a count.
    long output = toldOutput == 0 ? Math.max(found.output(), since) : found.output() + since;
    return new Usage(
        found.input(), found.cachedInput(), output, found.reasoning(), true, found.cacheWrites());
  }
}

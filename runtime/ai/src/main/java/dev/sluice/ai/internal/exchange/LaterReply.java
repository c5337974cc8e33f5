package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiReply;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a response again that is in the client's protocol already: behind a filter that may have
 * changed its bytes, and what a plugin answered itself. Belongs to the loop.
 */
final class LaterReply extends Stage {
  private final AiDialogue dialogue;
  private final ReplyPipe pipe;
  private final Stage next;
  private @Nullable AiReply reply;

  LaterReply(AiDialogue dialogue, ReplyPipe pipe, Stage next) {
    this.dialogue = dialogue;
    this.pipe = pipe;
    this.next = next;
  }

  @Override
  public void headers(Headers headers, boolean end) {
    var call = dialogue.call();
    var type = headers.get("content-type", "").toLowerCase(Locale.ROOT);
    boolean readable = type.startsWith("application/json") || type.startsWith("text/event-stream");
    if (end || call == null || headers.status() != 200 || !readable) {
      next.headers(headers, end);
      return;
    }
    var asked =
        new ProviderRequest(
            call.endpoint().protocol(), "", new byte[0], call.stream(), false, List.of());
    var fresh = new AiReply(call, asked, headers.status(), type, dialogue.settings().limits());
    reply = fresh;
    headers.remove("content-length");
    pipe.begin(fresh, null, headers, false, null);
  }

  @Override
  public void data(ByteBuf bytes, boolean end) {
    var reading = reply;
    if (reading == null) {
      next.data(bytes, end);
      return;
    }
    try {
      RequestStage.feed(bytes, reading::feed);
      if (end) {
        end(reading);
      } else {
        pipe.pump();
      }
    } catch (dev.sluice.ai.AiFormatException e) {
      pipe.broken(e);
    } finally {
      bytes.release();
    }
  }

  @Override
  public void trailers(Headers trailers) {
    var reading = reply;
    if (reading == null) {
      next.trailers(trailers);
    } else {
      end(reading);
    }
  }

  private void end(AiReply reading) {
    reading.end();
    pipe.end();
  }
}

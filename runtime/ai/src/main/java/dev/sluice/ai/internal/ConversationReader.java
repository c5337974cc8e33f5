package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request into a {@link Conversation}. Whatever it does not know it refuses by name: a
 * translation drops nothing that could matter.
 */
abstract sealed class ConversationReader
    permits ChatReader, MessagesReader, ResponsesReader, GeminiReader {
  final JsonTape tape;
  final Conversation to = new Conversation();

  ConversationReader(JsonTape tape) {
    this.tape = tape;
  }

  static Conversation read(AiProtocol protocol, JsonTape tape) {
    ConversationReader reader =
        switch (protocol) {
          case OPENAI_CHAT -> new ChatReader(tape);
          case OPENAI_RESPONSES -> new ResponsesReader(tape);
          case ANTHROPIC_MESSAGES, ANTHROPIC_COUNT_TOKENS -> new MessagesReader(tape);
          case GEMINI_GENERATE, GEMINI_COUNT_TOKENS -> new GeminiReader(tape);
          default -> throw unsupported(protocol.id() + ": no other format has such an operation");
        };
    reader.fields(0, "", reader::field);
    return reader.to;
  }

  /** Reads a field of the request. */
  abstract void field(String name, int node);

  /** Calls for each field of an object that is not null. */
  final void fields(int object, String place, Field field) {
    if (!tape.isObject(object)) {
      throw malformed(place, "an object");
    }
    for (int key = object + 1, end = tape.next(object); key < end; key = tape.next(key + 1)) {
      if (!tape.isNull(key + 1)) {
        field.read(tape.key(key), key + 1);
      }
    }
  }

  final void elements(int array, String place, IntConsumer element) {
    if (!tape.isArray(array)) {
      throw malformed(place, "an array");
    }
    for (int child = array + 1, end = tape.next(array); child < end; child = tape.next(child)) {
      element.accept(child);
    }
  }

  final String text(int node, String place) {
    if (!tape.isString(node)) {
      throw malformed(place, "a string");
    }
    return tape.text(node);
  }

  final String number(int node, String place) {
    if (node < 0 || tape.kind(node) != JsonTape.NUMBER) {
      throw malformed(place, "a number");
    }
    return tape.text(node);
  }

  final long whole(int node, String place) {
    number(node, place);
    long value = tape.whole(node, -1);
    if (value < 0) {
      throw malformed(place, "a whole number, 0 or more");
    }
    return value;
  }

  final String required(int object, String name, String place) {
    String text = tape.string(object, name);
    if (text == null) {
      throw malformed(place + "/" + name, "a string");
    }
    return text;
  }

  /** Reads a string or a list of strings. */
  final void strings(int node, String place, List<String> into) {
    if (tape.isString(node)) {
      into.add(tape.text(node));
    } else {
      elements(node, place, child -> into.add(text(child, place)));
    }
  }

  /** Adds parts to the last message when the same side speaks on, else begins a message. */
  final void say(boolean assistant, List<Part> parts) {
    if (!to.messages.isEmpty() && to.messages.getLast().assistant() == assistant) {
      to.messages.getLast().parts().addAll(parts);
    } else {
      to.messages.add(new Conversation.Message(assistant, new ArrayList<>(parts)));
    }
  }

  /** Reads a data URL, or another URL, into a medium. */
  static Part.Media media(String kind, String url, @Nullable String name) {
    if (!url.startsWith("data:")) {
      return new Part.Media(kind, "", null, url, name);
    }
    int comma = url.indexOf(',');
    int semicolon = url.indexOf(';');
    if (comma < 0 || semicolon < 0 || !url.substring(semicolon, comma).endsWith(";base64")) {
      throw unsupported("a data URL that is not base64 (expected: data:TYPE;base64,…)");
    }
    String type = url.substring(5, semicolon).toLowerCase(Locale.ROOT);
    return new Part.Media(kind, type, url.substring(comma + 1), null, name);
  }

  final void leaveOut(String name) {
    to.leftOut.add(name);
  }

  static AiFormatException unknown(String place) {
    return unsupported(place + " cannot be translated");
  }

  static AiFormatException unsupported(String message) {
    return new AiFormatException(AiFormatException.Kind.UNSUPPORTED, message);
  }

  static AiFormatException malformed(String place, String expected) {
    return new AiFormatException(
        AiFormatException.Kind.MALFORMED,
        (place.isEmpty() ? "the body" : place) + ": expected " + expected);
  }

  /** Reads a field. */
  interface Field {
    void read(String name, int node);
  }
}

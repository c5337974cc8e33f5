package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import java.nio.charset.StandardCharsets;

/** Checks the arguments of a tool call. */
final class Arguments {
  private Arguments() {}

  /**
   * Returns arguments as a JSON object: an empty text stands for none.
   *
   * @throws AiFormatException when they are not JSON of an object
   */
  static String object(String arguments, String place) {
    String text = arguments.isBlank() ? "{}" : arguments;
    if (isObject(text)) {
      return text;
    }
    throw ConversationReader.malformed(place, "a JSON object in a string");
  }

  static boolean isObject(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      var scanner = new JsonScanner(AiLimits.DEFAULT, bytes.length);
      scanner.feed(bytes, 0, bytes.length);
      return scanner.finish().isObject(0);
    } catch (AiFormatException e) {
      return false;
    }
  }
}

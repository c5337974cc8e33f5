package dev.sluice.ai.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Knows the keys of the formats, so that reading a message makes no string for each of them. */
final class Keys {
  private static final int SIZE = 1024;
  private static final byte[][] BYTES = new byte[SIZE][];
  private static final String[] NAMES = new String[SIZE];

  static {
    String known =
        "role content type text name id messages model stream max_tokens max_completion_tokens"
            + " max_output_tokens temperature top_p top_k stop stop_sequences tools tool_choice"
            + " function parameters description arguments tool_calls tool_call_id refusal delta"
            + " choices index finish_reason logprobs usage prompt_tokens completion_tokens"
            + " total_tokens prompt_tokens_details completion_tokens_details cached_tokens"
            + " reasoning_tokens object created system_fingerprint service_tier reasoning_content"
            + " system input input_schema tool_use_id is_error thinking signature source data"
            + " media_type cache_control stop_reason stop_sequence input_tokens output_tokens"
            + " cache_read_input_tokens cache_creation_input_tokens message content_block"
            + " partial_json contents parts candidates finishReason usageMetadata modelVersion"
            + " responseId promptTokenCount candidatesTokenCount totalTokenCount"
            + " thoughtsTokenCount cachedContentTokenCount functionCall functionResponse args"
            + " thought thoughtSignature inlineData mimeType fileData fileUri generationConfig"
            + " systemInstruction functionDeclarations toolConfig safetySettings instructions"
            + " output item item_id output_index content_index sequence_number response prompt"
            + " image_url url file file_id input_audio properties required enum items"
            + " additionalProperties metadata user seed n stream_options response_format strict"
            + " status call_id annotations obfuscation error code param detail";
    for (String name : known.split(" ", -1)) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      int slot = hash(bytes, 0, bytes.length);
      while (NAMES[slot] != null) {
        slot = (slot + 1) & (SIZE - 1);
      }
      NAMES[slot] = name;
      BYTES[slot] = bytes;
    }
  }

  private Keys() {}

  /** Returns the known key with these bytes, or null. */
  static @Nullable String find(byte[] bytes, int start, int end) {
    if (start == end) {
      return null;
    }
    int slot = hash(bytes, start, end);
    while (NAMES[slot] != null) {
      if (Arrays.equals(BYTES[slot], 0, BYTES[slot].length, bytes, start, end)) {
        return NAMES[slot];
      }
      slot = (slot + 1) & (SIZE - 1);
    }
    return null;
  }

  private static int hash(byte[] bytes, int start, int end) {
    int length = end - start;
    int hash = length * 31 + bytes[start] * 7 + bytes[end - 1] * 131;
    hash += bytes[start + length / 2] * 17 + bytes[start + length / 3] * 61;
    return hash & (SIZE - 1);
  }
}

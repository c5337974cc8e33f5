package dev.sluice.state.internal.vectors;

import dev.sluice.state.internal.redis.RedisNames;
import dev.sluice.state.internal.redis.RedisScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Says how a Redis server finds vectors: by its vector sets (8.0 or later) or by its search module.
 * Both stand behind scripts that take and answer alike, but for how attributes are written. The
 * scripts of the one never see the keys of the other.
 */
@SuppressWarnings("ImmutableEnumChecker") // a script is two strings
enum RedisIndex {
  /** Vector sets. Attributes stand beside the vector as JSON. */
  VECTOR_SETS("VSIM", "v", "sets/") {
    @Override
    String attributes(Map<String, String> attributes, long expires) {
      return RedisItem.json(attributes, expires);
    }

    @Override
    String filter(Map<String, String> attributes, long now) {
      return RedisItem.filter(attributes, now);
    }

    @Override
    List<String> equal(Map<String, String> attributes) {
      var names = new ArrayList<String>();
      attributes.forEach(
          (name, value) -> {
            names.add(RedisItem.name(name));
            names.add(RedisNames.hash(value));
          });
      return names;
    }
  },

  /** The search module. Attributes are tags, one for name and value. */
  SEARCH_MODULE("FT.SEARCH", "f", "module/") {
    @Override
    String attributes(Map<String, String> attributes, long expires) {
      return RedisItem.tags(attributes).collect(Collectors.joining(","));
    }

    @Override
    String filter(Map<String, String> attributes, long now) {
      return RedisItem.tags(attributes)
          .map(tag -> "@a:{" + tag + "}")
          .collect(Collectors.joining(" "));
    }

    @Override
    List<String> equal(Map<String, String> attributes) {
      return List.of(filter(attributes, 0));
    }
  };

  /** A command that a server knows if it can do this. */
  final String command;

  final RedisScript upsert;
  final RedisScript search;
  final RedisScript delete;
  final RedisScript deleteWhere;

  /** Sets the keys apart. */
  private final String letter;

  RedisIndex(String command, String letter, String folder) {
    this.command = command;
    this.letter = letter;
    upsert = script(folder, "upsert");
    search = script(folder, "search");
    delete = script(folder, "delete");
    deleteWhere = script(folder, "deleteWhere");
  }

  private static RedisScript script(String folder, String name) {
    return RedisScript.of(RedisIndex.class, "members", folder + "common", folder + name);
  }

  /** Returns how the names of the keys of an owner begin, with their hash tag. */
  byte[] prefix(String scope) {
    return RedisNames.bytes("sluice:{" + letter + ":" + RedisNames.hash(scope) + "}:");
  }

  /** Returns what stands beside a vector for filters. */
  abstract String attributes(Map<String, String> attributes, long expires);

  /** Returns a filter for what has attributes; where the scripts do not see to it, not expired. */
  abstract String filter(Map<String, String> attributes, long now);

  /** Returns what tells the script that deletes by attributes which to delete. */
  abstract List<String> equal(Map<String, String> attributes);
}

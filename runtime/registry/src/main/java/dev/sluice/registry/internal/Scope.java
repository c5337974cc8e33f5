package dev.sluice.registry.internal;

import java.util.List;

/**
 * Says what a request needs to be allowed (distribution project, "Token Scope").
 *
 * @param repository empty for nothing of a registry in particular
 * @param action {@code pull}, {@code pull,push}, {@code delete}
 * @param from a repository that blobs are mounted from, or empty
 */
public record Scope(String repository, String action, String from) {
  /** Asks for nothing of a registry in particular. */
  public static final Scope NONE = new Scope("", "", "");

  /** Asks to read. */
  public static Scope pull(String repository) {
    return new Scope(repository, "pull", "");
  }

  /** Asks to read and write. */
  public static Scope push(String repository) {
    return new Scope(repository, "pull,push", "");
  }

  /** Asks to delete. */
  public static Scope delete(String repository) {
    return new Scope(repository, "delete", "");
  }

  List<String> texts() {
    if (repository.isEmpty()) {
      return List.of();
    }
    var own = "repository:" + repository + ":" + action;
    return from.isEmpty() ? List.of(own) : List.of(own, "repository:" + from + ":pull");
  }
}

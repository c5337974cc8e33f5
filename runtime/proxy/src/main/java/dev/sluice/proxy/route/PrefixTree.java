package dev.sluice.proxy.route;

import dev.sluice.plugin.Headers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the longest path prefix whose conditions hold: a radix tree whose nodes know the next
 * shorter prefix, so that falling back costs no stack.
 *
 * @param <T> what a look-up answers
 */
final class PrefixTree<T> {
  private final Node<T> root = new Node<>("", 0);

  private static final class Node<T> {
    String label;
    int depth;
    List<Node<T>> children = new ArrayList<>(0);
    List<Candidate<T>> candidates = new ArrayList<>(0);

    /** The children's first characters, for a scan over one array. */
    char[] firsts = new char[0];

    /** Whether the prefix may end inside a segment: it is empty or ends with a slash. */
    boolean open;

    /** The nearest ancestor with candidates. */
    @Nullable Node<T> shorter;

    Node(String label, int depth) {
      this.label = label;
      this.depth = depth;
    }

    int indexOf(char first) {
      for (int i = 0; i < firsts.length; i++) {
        if (firsts[i] == first) {
          return i;
        }
      }
      return -1;
    }

    void addChild(Node<T> child) {
      children.add(child);
      firsts = Arrays.copyOf(firsts, firsts.length + 1);
      firsts[firsts.length - 1] = child.label.charAt(0);
    }
  }

  void add(String prefix, Candidate<T> candidate) {
    var node = root;
    int at = 0;
    while (at < prefix.length()) {
      int index = node.indexOf(prefix.charAt(at));
      if (index < 0) {
        var leaf = new Node<T>(prefix.substring(at), prefix.length());
        node.addChild(leaf);
        node = leaf;
        break;
      }
      var child = node.children.get(index);
      int shared = sharedLength(child.label, prefix, at);
      if (shared < child.label.length()) {
        var upper = new Node<T>(child.label.substring(0, shared), node.depth + shared);
        child.label = child.label.substring(shared);
        upper.addChild(child);
        node.children.set(index, upper);
        child = upper;
      }
      node = child;
      at += shared;
    }
    node.open = prefix.isEmpty() || prefix.endsWith("/");
    node.candidates.add(candidate);
  }

  private static int sharedLength(String label, String prefix, int at) {
    int max = Math.min(label.length(), prefix.length() - at);
    int shared = 0;
    while (shared < max && label.charAt(shared) == prefix.charAt(at + shared)) {
      shared++;
    }
    return shared;
  }

  /** Orders the candidates and links the nodes; called once, after the last {@link #add}. */
  void seal() {
    var open = new ArrayList<Node<T>>(List.of(root));
    while (!open.isEmpty()) {
      var node = open.removeLast();
      node.candidates.sort(Candidate.BY_SPECIFICITY);
      var shorter = node.candidates.isEmpty() ? node.shorter : node;
      for (var child : node.children) {
        child.shorter = shorter;
        open.add(child);
      }
    }
  }

  /** Returns the value for the path that ends at {@code end}, or null. */
  @Nullable T find(Headers request, String path, int end) {
    var node = root;
    while (node.depth < end) {
      int index = node.indexOf(path.charAt(node.depth));
      if (index < 0) {
        break;
      }
      var child = node.children.get(index);
      if (child.depth > end || !path.startsWith(child.label, node.depth)) {
        break;
      }
      node = child;
    }
    for (@Nullable Node<T> at = node; at != null; at = at.shorter) {
      if (at.open || at.depth == end || path.charAt(at.depth) == '/') {
        var found = first(at.candidates, request, path, end);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  static <T> @Nullable T first(
      List<Candidate<T>> candidates, Headers request, String path, int end) {
    for (int i = 0; i < candidates.size(); i++) {
      var candidate = candidates.get(i);
      if (candidate.matches(request, path, end)) {
        return candidate.value;
      }
    }
    return null;
  }
}

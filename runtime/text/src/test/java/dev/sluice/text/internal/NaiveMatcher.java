package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.plugin.host.Patterns.Pattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Finds literals the slow, obvious way. */
final class NaiveMatcher {
  private NaiveMatcher() {}

  static List<Match> scan(List<Pattern> patterns, byte[] bytes) {
    var text = new String(bytes, StandardCharsets.UTF_8).codePoints().toArray();
    var found = new ArrayList<Match>();
    for (int index = 0; index < patterns.size(); index++) {
      var pattern = patterns.get(index);
      var wanted = pattern.text().codePoints().toArray();
      int at = 0;
      while (at + wanted.length <= text.length) {
        if (matches(text, at, wanted, pattern)) {
          found.add(new Match(index, offset(text, at), offset(text, at + wanted.length)));
          at += wanted.length;
        } else {
          at++;
        }
      }
    }
    found.sort(CompiledSet.ORDER);
    return found;
  }

  private static boolean matches(int[] text, int at, int[] wanted, Pattern pattern) {
    for (int i = 0; i < wanted.length; i++) {
      boolean same =
          pattern.ignoreCase()
              ? Character.toLowerCase(Character.toUpperCase(wanted[i]))
                  == Character.toLowerCase(Character.toUpperCase(text[at + i]))
              : wanted[i] == text[at + i];
      if (!same) {
        return false;
      }
    }
    int end = at + wanted.length;
    return !pattern.wholeWord()
        || ((at == 0 || !isWord(text[at - 1])) && (end == text.length || !isWord(text[end])));
  }

  private static boolean isWord(int codePoint) {
    return codePoint == '_' || Character.isLetterOrDigit(codePoint);
  }

  private static long offset(int[] text, int index) {
    return new String(text, 0, index).getBytes(StandardCharsets.UTF_8).length;
  }
}

package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Patterns;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Finds literals by searching for each in turn. */
final class FakePatterns implements Patterns {
  @Override
  public PatternSet compile(List<Pattern> patterns) {
    return new PatternSet() {
      @Override
      public List<Match> scan(byte[] text, int limit) {
        var found = new ArrayList<Match>();
        String all = new String(text, StandardCharsets.ISO_8859_1);
        for (int i = 0; i < patterns.size(); i++) {
          int at = all.indexOf(patterns.get(i).text());
          if (at >= 0 && found.size() < limit) {
            found.add(new Match(i, at, at + patterns.get(i).text().length()));
          }
        }
        return found;
      }

      @Override
      public boolean matches(byte[] text) {
        return !scan(text, 1).isEmpty();
      }

      @Override
      public StreamScan open() {
        var set = this;
        return new StreamScan() {
          private long fed;

          @Override
          public List<Match> feed(byte[] piece, boolean last) {
            fed += piece.length;
            return set.scan(piece, 100);
          }

          @Override
          public long safe() {
            return fed;
          }
        };
      }
    };
  }
}

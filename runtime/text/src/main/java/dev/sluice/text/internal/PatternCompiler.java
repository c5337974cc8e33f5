package dev.sluice.text.internal;

import com.google.re2j.PatternSyntaxException;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Compiles lists of patterns. Stateless. */
public final class PatternCompiler implements Patterns {
  /** The one instance. */
  public static final PatternCompiler INSTANCE = new PatternCompiler();

  static final int MAX_PATTERNS = 10_000;
  static final int MAX_BYTES = 1 << 20;

  private PatternCompiler() {}

  @Override
  public PatternSet compile(List<Pattern> patterns) {
    check(patterns);
    var exact = new LiteralAutomaton.Builder(false);
    var folded = new LiteralAutomaton.Builder(true);
    var expressions =
        new ExpressionSet.Builder(
            (int) patterns.stream().filter(p -> p.kind() == Kind.EXPRESSION).count());
    for (int i = 0; i < patterns.size(); i++) {
      var pattern = patterns.get(i);
      switch (pattern.kind()) {
        case LITERAL -> (pattern.ignoreCase() ? folded : exact).add(i, pattern);
        case EXPRESSION -> addExpression(expressions, i, pattern);
      }
    }
    return new CompiledSet(exact.build(), folded.build(), expressions.build());
  }

  private static void check(List<Pattern> patterns) {
    if (patterns.isEmpty()) {
      throw refused("no patterns (expected: 1.." + MAX_PATTERNS + ")");
    }
    if (patterns.size() > MAX_PATTERNS) {
      throw refused(patterns.size() + " patterns (expected: 1.." + MAX_PATTERNS + ")");
    }
    long bytes = 0;
    for (int i = 0; i < patterns.size(); i++) {
      var text = patterns.get(i).text();
      if (text.isEmpty()) {
        throw refused("pattern " + i + " is empty");
      }
      bytes += text.getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > MAX_BYTES) {
      throw refused(bytes + " bytes of patterns (expected: at most " + MAX_BYTES + ")");
    }
  }

  private static void addExpression(ExpressionSet.Builder builder, int index, Pattern pattern) {
    try {
      builder.add(index, pattern);
    } catch (PatternSyntaxException e) {
      throw refused("pattern " + index + ": " + e.getDescription() + ": `" + e.getPattern() + "`");
    }
  }

  static ServiceException refused(String message) {
    return new ServiceException(Reason.BAD_ARGUMENT, message);
  }
}

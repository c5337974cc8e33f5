package dev.sluice.text.internal.expressions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.text.internal.expressions.StateCache.Generation;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class StateCacheTest {
  private final StateCache<Fake> cache = new StateCache<>(100);

  private static final class Fake extends StateCache.State {
    private boolean unlinked;

    Fake(Generation<Fake> generation) {
      super(generation);
    }

    @Override
    void unlink() {
      unlinked = true;
    }
  }

  private Fake get(int number) {
    return cache.get(new StateCache.Key(new long[] {number}, 0), 40, Fake::new);
  }

  @Test
  void unlinksTheStatesOfAGenerationThatIsFull() {
    var first = new ArrayList<Fake>();
    for (int i = 0; i < 3; i++) {
      first.add(get(i));
    }
    assertThat(get(0)).isSameAs(get(0));
    assertThat(first).allMatch(state -> state.unlinked && !cache.isCurrent(state));
  }

  @Test
  void letsStatesLeadToThoseOfTheirGenerationOnly() {
    var one = get(1);
    var two = get(2);
    assertThat(one.mayLeadTo(two)).isTrue();
    get(3);
    var later = get(4);
    assertThat(one.mayLeadTo(later)).isFalse();
    assertThat(later.mayLeadTo(one)).isFalse();
    assertThat(get(4)).isSameAs(later);
  }
}

package dev.sluice.standin.internal;

import dev.sluice.standin.Books;

/** Books one answer, once. Belongs to its loop. */
final class Account {
  private final Ledger ledger;
  private final Ask ask;
  private final Answer answer;
  private final String requestId;
  private final Ledger.Row row;
  private long output;
  private long reasoning;
  private boolean booked;

  Account(Ledger ledger, Ask ask, Answer answer, String requestId, Ledger.Row row) {
    this.ledger = ledger;
    this.ask = ask;
    this.answer = answer;
    this.requestId = requestId;
    this.row = row;
  }

  void produced(Answer.Piece piece) {
    output++;
    if (piece instanceof Answer.Thought) {
      reasoning++;
    }
  }

  /** Books all of the answer. */
  void complete() {
    boolean says =
        switch (ask.operation) {
          case CHAT, COMPLETIONS, RESPONSES, INVOKE, MESSAGES, GENERATE -> true;
          default -> false;
        };
    output = says ? answer.output() : 0;
    reasoning = says ? answer.reasoning() : 0;
    end(Ledger.End.COMPLETE);
  }

  /** Books what was produced so far. */
  void end(Ledger.End end) {
    if (!booked) {
      booked = true;
      var sum = new Books.Sum(1, answer.input(), answer.cached(), output, reasoning);
      ledger.answered(requestId, row, end, sum);
    }
  }
}

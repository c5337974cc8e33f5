package dev.sluice.standin.internal;

/** Tells a model's name from the wishes after its first plus sign. */
final class Models {
  private Models() {}

  static String name(String model) {
    int plus = model.indexOf('+');
    return plus < 0 ? model : model.substring(0, plus);
  }

  static String wishes(String model) {
    int plus = model.indexOf('+');
    return plus < 0 ? "" : model.substring(plus + 1);
  }
}

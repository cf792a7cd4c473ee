// Countdowns follow the server's clock: a phone's own may be minutes off.

/** ServerTime knows how far the server's clock is ahead of ours. */
export class ServerTime {
  #ahead = 0;
  #doubt = Infinity; // how far off #ahead may be, in milliseconds
  readonly #local: () => number;

  constructor(local: () => number = Date.now) {
    this.#local = local;
  }

  /**
   * Learn takes an instant that the server said, between asking and now. It is believed as far as the way of the
   * answer and the server's own rounding leave no doubt: a sharper one is kept, and a vague one corrects it only when
   * the two cannot both be right, as after somebody has set the phone's clock.
   */
  learn(server: number, askedAt: number, rounding: number): void {
    const now = this.#local();
    const doubt = Math.max(0, now - askedAt) / 2 + rounding;
    const ahead = server - (now + askedAt) / 2;
    if (doubt <= this.#doubt || Math.abs(ahead - this.#ahead) > doubt + this.#doubt) {
      this.#ahead = ahead;
      this.#doubt = doubt;
    }
  }

  /** Now is the server's time in milliseconds. */
  now(): number {
    return this.#local() + this.#ahead;
  }
}

/** The one clock of the pages. */
export const serverTime = new ServerTime();

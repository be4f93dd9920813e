/** Questions to a worker of which only the newest matters: a slider asks faster than any GPU answers. */
import { signal } from '@preact/signals';
import { messageOf } from '../../format.ts';

/**
 * One question is under way at a time. Of those asked meanwhile the last is asked next, the others never; an
 * answer is dropped where its question was given up (`clear`).
 */
export class Latest<Question, Answer> {
  /** The last answer that counts, with its question; it stays while a new one is computed. */
  readonly answer = signal<{ question: Question; answer: Answer } | null>(null);
  readonly error = signal<string | null>(null);
  readonly busy = signal(false);
  #waiting: { question: Question } | null = null;
  #generation = 0;

  constructor(private readonly answerOf: (question: Question) => Promise<Answer>) {}

  ask(question: Question): void {
    this.#waiting = { question };
    if (!this.busy.peek()) void this.#work();
  }

  /** Forgets the answer, and the questions under way. */
  clear(): void {
    this.#generation += 1;
    this.#waiting = null;
    this.answer.value = null;
    this.error.value = null;
  }

  async #work(): Promise<void> {
    this.busy.value = true;
    while (this.#waiting !== null) {
      const { question } = this.#waiting;
      this.#waiting = null;
      const generation = this.#generation;
      try {
        const answer = await this.answerOf(question);
        if (generation !== this.#generation) continue;
        this.answer.value = { question, answer };
        this.error.value = null;
      } catch (error) {
        if (generation !== this.#generation) continue;
        this.answer.value = null;
        this.error.value = messageOf(error);
      }
    }
    this.busy.value = false;
  }
}

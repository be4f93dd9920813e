import { describe, expect, it } from 'vitest';
import { Latest } from '../../../src/ui/augment/latest.ts';

/** Answers by hand, so that the test decides what is slow. */
function slow() {
  const asked: { question: number; answer: (value: string) => void; fail: (error: Error) => void }[] = [];
  const latest = new Latest(
    (question: number) => new Promise<string>((answer, fail) => asked.push({ question, answer, fail })),
  );
  return { asked, latest };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('Latest', () => {
  it('asks the newest of the questions that came while one was under way', async () => {
    const { asked, latest } = slow();
    for (const question of [1, 2, 3, 4]) latest.ask(question);
    expect(asked.map(({ question }) => question)).toEqual([1]);
    asked[0]?.answer('one');
    await settled();
    expect(latest.answer.value).toEqual({ question: 1, answer: 'one' });
    expect(asked.map(({ question }) => question)).toEqual([1, 4]);
    asked[1]?.answer('four');
    await settled();
    expect(latest.answer.value).toEqual({ question: 4, answer: 'four' });
    expect(latest.busy.value).toBe(false);
  });

  it('drops the answer to a question that was given up', async () => {
    const { asked, latest } = slow();
    latest.ask(1);
    latest.clear();
    asked[0]?.answer('one');
    await settled();
    expect(latest.answer.value).toBeNull();
    latest.ask(2);
    asked[1]?.answer('two');
    await settled();
    expect(latest.answer.value).toEqual({ question: 2, answer: 'two' });
  });

  it('tells a failure, and forgets it with the next answer', async () => {
    const { asked, latest } = slow();
    latest.ask(1);
    asked[0]?.fail(new Error('No such image. Choose another.'));
    await settled();
    expect(latest.error.value).toBe('No such image. Choose another.');
    latest.ask(2);
    asked[1]?.answer('two');
    await settled();
    expect(latest.error.value).toBeNull();
  });
});

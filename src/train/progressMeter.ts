/** Throughput and time left, from the last steps and the evaluations so far. */

const window = 12;

export class ProgressMeter {
  private readonly recent: { images: number; seconds: number }[] = [];
  private evaluationSeconds = 0;
  private evaluations = 0;

  addStep(images: number, seconds: number): void {
    // The first step of a session compiles every pipeline: it would spoil the average for long.
    if (this.recent.length === 1 && this.recent[0] !== undefined && this.recent[0].seconds > 3 * seconds) {
      this.recent.pop();
    }
    this.recent.push({ images, seconds });
    if (this.recent.length > window) this.recent.shift();
  }

  addEvaluation(seconds: number): void {
    this.evaluationSeconds += seconds;
    this.evaluations += 1;
  }

  get secondsPerStep(): number {
    return this.sum('seconds') / Math.max(1, this.recent.length);
  }

  get imagesPerSecond(): number {
    return this.sum('images') / Math.max(1e-9, this.sum('seconds'));
  }

  /**
   * @param evaluationsLeft the one of the current epoch included
   * @param imagesPerEvaluation forward passes of one evaluation; before the first has been timed, each is taken
   *   as a third of a training image's time (a backward costs two forwards)
   */
  secondsLeft(stepsLeft: number, evaluationsLeft: number, imagesPerEvaluation: number): number {
    const perEvaluation =
      this.evaluations > 0
        ? this.evaluationSeconds / this.evaluations
        : imagesPerEvaluation / this.imagesPerSecond / 3;
    return stepsLeft * this.secondsPerStep + evaluationsLeft * perEvaluation;
  }

  private sum(key: 'images' | 'seconds'): number {
    return this.recent.reduce((total, step) => total + step[key], 0);
  }
}

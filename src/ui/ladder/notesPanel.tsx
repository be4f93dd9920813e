/** What short runs can and cannot show, and what the recipe's authors tried without gain. */
import { triedWithoutGain } from '../../recipe/ladder.ts';
import { Panel } from '../parts/panel.tsx';

export function NotesPanel() {
  return (
    <div class="ladder-notes">
      <Panel id="ladder-short" title="What short runs can show">
        <ul class="plain-list">
          <li>
            Which changes act at once: the learning rate, more epochs, the resolution trained on, the average
            of the weights.
          </li>
          <li>
            That TrivialAugment, erasing, mixup, CutMix and repeated augmentation make training harder. In a
            run of few epochs they usually cost accuracy: they are made for hundreds, in which a network would
            otherwise learn its images by heart.
          </li>
          <li>
            Not how much a rung is worth on ImageNet. The authors’ gains are a tenth to two points, the best
            of three runs each on 50,000 validation images; one small run with another seed differs by more.
          </li>
        </ul>
      </Panel>
      <Panel id="ladder-tried" title="What the authors tried without gain">
        <dl class="tried">
          {triedWithoutGain.map(({ title, finding, here }) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>
                {finding}{' '}
                {here !== null && (
                  <span class="muted">
                    To try it: <code>{here}</code>
                  </span>
                )}
              </dd>
            </div>
          ))}
        </dl>
      </Panel>
    </div>
  );
}

/** One draw, stage by stage, with the parameters of each. */
import type { ComponentChildren } from 'preact';
import type { PixelBox } from '../../augment/parameters.ts';
import { formatShare } from '../../format.ts';
import type { Picture } from '../../protocol.ts';
import { Message } from '../parts/message.tsx';
import { Panel } from '../parts/panel.tsx';
import { binText, boxText, operationText } from './describe.ts';
import type { InspectStore } from './inspectStore.ts';
import { PictureCanvas } from './pictureCanvas.tsx';
import { partnerTitle, subjectTitle } from './subjectTitle.ts';

export function Filmstrip({ store }: { store: InspectStore }) {
  const { selected } = store.address.value;
  const opened = store.opened.value;
  const answered = store.stages.answer.value;
  // Of another image while the new one's are computed: nothing rather than pictures that do not belong together.
  const isOfThis = answered !== null && answered.question.pictureId === opened?.picture.id;
  const stages = isOfThis ? answered.answer : undefined;
  const sample = stages?.drawn;
  const error = store.stages.error.value;
  return (
    <Panel id="filmstrip" title={`Draw ${selected}, stage by stage`} class="filmstrip-panel">
      {error !== null && <Message kind="bad">{error}</Message>}
      {opened !== null && sample !== undefined && stages !== undefined && (
        <ol class="filmstrip" tabIndex={0} aria-label="Stages of this draw">
          <Frame
            name="Original"
            picture={opened.picture.picture}
            label={`${subjectTitle(store)}, with the crop`}
            crop={sample.parameters.crop}
          >
            {boxText(sample.parameters.crop)}
          </Frame>
          <Frame name="Crop, resized" picture={stages.resized} label="The crop, resized">
            to {sample.parameters.resize.widthPx}×{sample.parameters.resize.heightPx}
          </Frame>
          <Frame
            name="Flip"
            picture={stages.flipped}
            label="After the flip"
            isUnchanged={!sample.parameters.flipHorizontally}
          >
            {sample.parameters.flipHorizontally ? 'mirrored' : 'not mirrored'}
          </Frame>
          <Frame
            name="TrivialAugment"
            picture={stages.operated}
            label="After the operation"
            isUnchanged={
              sample.parameters.operation === null || sample.parameters.operation.name === 'Identity'
            }
          >
            {operationText(sample.parameters.operation)}
            {sample.parameters.operation !== null && <small>{binText(sample.parameters.operation)}</small>}
          </Frame>
          <Frame
            name="Erase"
            picture={stages.erased}
            label="After erasing"
            mark={sample.parameters.erase}
            isUnchanged={sample.parameters.erase === null}
          >
            {sample.parameters.erase === null ? 'nothing erased' : boxText(sample.parameters.erase)}
          </Frame>
          {stages.partner !== null && sample.mix !== null && (
            <Frame
              name="Partner"
              picture={stages.partner}
              label="What it is mixed with"
              mark={sample.mix.kind === 'cutmix' ? sample.mix.box : null}
            >
              {partnerTitle(store)}
              <small>
                {sample.mix.kind === 'mixup'
                  ? 'mixup'
                  : sample.mix.box.widthPx * sample.mix.box.heightPx === 0
                    ? 'CutMix, an empty box'
                    : `CutMix ${boxText(sample.mix.box)}`}
              </small>
            </Frame>
          )}
          <Frame name="Final tensor" picture={stages.final} label="The final tensor" isLast>
            {sample.mix === null ? (
              'normalised'
            ) : (
              <>
                λ {sample.mix.lambda.toFixed(4)}
                <ShareBar
                  shares={[
                    { name: subjectTitle(store), share: sample.mix.lambda },
                    { name: partnerTitle(store), share: 1 - sample.mix.lambda },
                  ]}
                />
              </>
            )}
          </Frame>
        </ol>
      )}
    </Panel>
  );
}

interface FrameProps {
  name: string;
  picture: Picture;
  label: string;
  crop?: PixelBox;
  mark?: PixelBox | null;
  /** The stage was drawn to do nothing. */
  isUnchanged?: boolean;
  isLast?: boolean;
  children: ComponentChildren;
}

function Frame({ name, picture, label, crop, mark, isUnchanged, isLast, children }: FrameProps) {
  return (
    <li class="frame" data-unchanged={isUnchanged === true} data-last={isLast === true}>
      <h3>{name}</h3>
      <div class="frame-picture">
        <PictureCanvas picture={picture} label={label} crop={crop} mark={mark} />
      </div>
      <div class="frame-text figures">{children}</div>
    </li>
  );
}

/** A soft target as one bar: each class's share with its name. */
export function ShareBar({ shares }: { shares: { name: string; share: number }[] }) {
  return (
    <span class="share-bar">
      <span class="share-track" aria-hidden="true">
        {shares.map(({ name, share }, i) => (
          <span key={name} data-order={i} style={{ flexGrow: share }} />
        ))}
      </span>
      {shares.map(({ name, share }, i) => (
        <span key={name} class="share-text" data-order={i}>
          <span>{name}</span> <span class="figures">{formatShare(share)}</span>
        </span>
      ))}
    </span>
  );
}

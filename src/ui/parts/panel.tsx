/** A numbered part of the set-up: a landmark with a heading and a one-line summary. */
import type { ComponentChildren } from 'preact';

interface PanelProps {
  id: string;
  number?: number;
  title: string;
  /** What is set, in a few words, at the end of the heading's line. */
  summary?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export function Panel({ id, number, title, summary, class: extraClass = '', children }: PanelProps) {
  return (
    <section class={`panel ${extraClass}`} aria-labelledby={`${id}-title`} id={id}>
      <header class="panel-head">
        <h2 id={`${id}-title`}>
          {number !== undefined && <span class="panel-number">{number}</span>}
          {title}
        </h2>
        {summary !== undefined && <p class="panel-summary">{summary}</p>}
      </header>
      {children}
    </section>
  );
}

/** What the page itself costs beside the training: measured all the time, shown here. */
import { useEffect, useState } from 'preact/hooks';
import { Panel } from '../parts/panel.tsx';
import { performanceReport, type DurationReport } from '../state/performance.ts';
import { formatCount } from '../../format.ts';

const refreshMs = 1000;

export function PerformancePanel() {
  const [report, setReport] = useState(performanceReport);
  useEffect(() => {
    const timer = setInterval(() => setReport(performanceReport()), refreshMs);
    return () => clearInterval(timer);
  }, []);
  const { longTasks } = report;
  return (
    <Panel id="performance" title="The page’s own work">
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Measurements of the page’s work">
        <table class="data-table figures">
          <thead>
            <tr>
              <th scope="col">Work</th>
              <th scope="col">Count</th>
              <th scope="col">Median, ms</th>
              <th scope="col">99th percentile, ms</th>
              <th scope="col">Worst, ms</th>
            </tr>
          </thead>
          <tbody>
            <DurationRow name="Handling events" id="events" report={report.events} />
            <DurationRow name="Updating charts" id="charts" report={report.charts} />
            <DurationRow name="Both" id="handlers" report={report.handlers} />
            <tr
              data-testid="performance-longtasks"
              data-supported={longTasks.supported}
              data-count={longTasks.count}
              data-worst={longTasks.worstMs}
            >
              <th scope="row">Long tasks (over 50 ms)</th>
              <td>{longTasks.supported ? formatCount(longTasks.count) : 'not reported'}</td>
              <td>–</td>
              <td>–</td>
              <td>{longTasks.supported ? longTasks.worstMs.toFixed(0) : '–'}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function DurationRow({ name, id, report }: { name: string; id: string; report: DurationReport }) {
  return (
    <tr
      data-testid={`performance-${id}`}
      data-count={report.count}
      data-p50={report.p50Ms}
      data-p99={report.p99Ms}
      data-worst={report.worstMs}
    >
      <th scope="row">{name}</th>
      <td>{formatCount(report.count)}</td>
      <td>{report.p50Ms.toFixed(2)}</td>
      <td>{report.p99Ms.toFixed(2)}</td>
      <td>{report.worstMs.toFixed(2)}</td>
    </tr>
  );
}

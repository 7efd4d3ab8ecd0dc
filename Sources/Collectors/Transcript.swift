// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Synchronization

/// Takes down what sources say, word for word, for a support bundle.
///
/// It does not grow with the time that a guest is watched: of a question that is put again and again the first and the
/// last answers are kept, and how many there were. What no longer fits is counted, by its question.
package final class Transcript: Sendable {
  /// The longest answer that is kept whole: 2 MiB.
  package static let answerLimit = 2 << 20
  /// All answers together: 8 MiB.
  package static let totalLimit = 8 << 20
  /// How many answers are kept.
  package static let countLimit = 1_000
  /// How many of the first answers to one question are kept, and how many of the last.
  package static let seriesLimit = 4

  let answerLimit: Int
  private let totalLimit: Int
  private let state = Mutex(State())

  package init(answerLimit: Int = Transcript.answerLimit, totalLimit: Int = Transcript.totalLimit) {
    self.answerLimit = answerLimit
    self.totalLimit = totalLimit
  }

  /// One question, put with the same arguments.
  private struct Question: Hashable {
    let format: RawAnswer.Format
    let words: String
    let arguments: [UInt8]
  }

  private struct Kept {
    let number: Int
    let answer: RawAnswer
  }

  private struct Series {
    var first: [Kept] = []
    var last: [Kept] = []
  }

  private struct State {
    var series: [Question: Series] = [:]
    var next = 0
    var count = 0
    var bytes = 0
    /// How many answers to a question are not kept, by its words.
    var omitted: [String: Int] = [:]

    /// Questions are this program's words, so there are few; whatever asks more is counted together.
    mutating func omit(_ question: String) {
      let name = omitted[question] == nil && omitted.count >= 256 ? "other questions" : question
      omitted[name, default: 0] += 1
    }
  }

  /// Keeps an answer; one that is too long is cut, and marked so.
  ///
  /// - Parameter arguments: what was asked for besides ``RawAnswer/question``, which tells two series apart.
  package func keep(_ answer: RawAnswer, arguments: [UInt8] = []) {
    var answer = answer
    if answer.bytes.count > answerLimit {
      answer.bytes = Array(answer.bytes.prefix(answerLimit))
      answer.isCut = true
    }
    let question = Question(
      format: answer.format, words: answer.question, arguments: Array(arguments.prefix(Self.argumentLimit)))
    state.withLock { state in
      var series = state.series[question] ?? Series()
      let isFirst = series.first.count < Self.seriesLimit && series.last.isEmpty
      // The oldest of the last makes room.
      let leaving = !isFirst && series.last.count == Self.seriesLimit ? series.last.first : nil
      let bytes = state.bytes - (leaving?.answer.bytes.count ?? 0) + answer.bytes.count
      let count = state.count - (leaving == nil ? 0 : 1) + 1
      guard bytes <= totalLimit, count <= Self.countLimit else {
        state.omit(answer.question)
        return
      }
      if leaving != nil {
        series.last.removeFirst()
        state.omit(answer.question)
      }
      let kept = Kept(number: state.next, answer: answer)
      if isFirst { series.first.append(kept) } else { series.last.append(kept) }
      state.next &+= 1
      (state.bytes, state.count) = (bytes, count)
      state.series[question] = series
    }
  }

  /// More of a question's arguments does not tell it from others.
  private static let argumentLimit = 1_024

  /// What was kept, in the order in which it was said.
  package var answers: [RawAnswer] {
    state.withLock { state in
      state.series.values.flatMap { $0.first + $0.last }.sorted { $0.number < $1.number }.map(\.answer)
    }
  }

  /// What was not kept, a sentence for each question; empty when all was.
  package var omissions: [String] {
    state.withLock { state in
      state.omitted.sorted { $0.key < $1.key }.map { question, count in
        "\(question): \(count) further \(count == 1 ? "answer is" : "answers are") left out."
      }
    }
  }
}

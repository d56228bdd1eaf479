#pragma once
// PDF files written by the tests themselves, with a correct cross-reference table.

#include <string>
#include <vector>

namespace attune::vision {

struct WrittenPage {
  std::vector<std::string> lines;  // Helvetica 12, from 720 points up, steps of 16
  std::string media_box = "0 0 612 792";
  std::string extra{};  // further entries of the page's dictionary
};

class PdfWriter {
 public:
  std::string Write(const std::vector<WrittenPage>& pages, const std::string& title = "",
                    const std::string& trailer = "") {
    std::string kids;
    for (std::size_t i = 0; i < pages.size(); ++i) kids += std::to_string(4 + 2 * i) + " 0 R ";
    Add("<< /Type /Catalog /Pages 2 0 R >>");
    Add("<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>");
    Add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
    for (const WrittenPage& page : pages) {
      Add("<< /Type /Page /Parent 2 0 R /MediaBox [" + page.media_box + "] /Contents " +
          std::to_string(objects_.size() + 2) + " 0 R /Resources << /Font << /F1 3 0 R >> >> " + page.extra + " >>");
      const std::string content = Content(page);
      Add("<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream");
    }
    Add("<< /Title (" + title + ") >>");
    return Assemble(trailer);
  }

 private:
  static std::string Content(const WrittenPage& page) {
    if (page.lines.empty()) return "";
    std::string text = "BT /F1 12 Tf 72 720 Td 16 TL\n";
    for (const std::string& line : page.lines) text += "(" + line + ") Tj T*\n";
    return text + "ET";
  }

  void Add(std::string body) { objects_.push_back(std::move(body)); }

  std::string Assemble(const std::string& trailer) const {
    std::string out = "%PDF-1.4\n";
    std::string table;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      std::string offset = std::to_string(out.size());
      table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
      out += std::to_string(i + 1) + " 0 obj\n" + objects_[i] + "\nendobj\n";
    }
    const std::string count = std::to_string(objects_.size() + 1);
    const std::string start = std::to_string(out.size());
    return out + "xref\n0 " + count + "\n0000000000 65535 f \n" + table + "trailer\n<< /Size " + count +
           " /Root 1 0 R /Info " + std::to_string(objects_.size()) + " 0 R " + trailer + " >>\nstartxref\n" + start +
           "\n%%EOF\n";
  }

  std::vector<std::string> objects_;
};

inline std::string WritePdf(const std::vector<WrittenPage>& pages, const std::string& title = "",
                            const std::string& trailer = "") {
  return PdfWriter().Write(pages, title, trailer);
}

}  // namespace attune::vision
